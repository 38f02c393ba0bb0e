package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/docker/docker/api/types/image"

	"testrunner/env/service"
)

func (m *moby) DescribeImage(ctx context.Context, reference string) (ImageDescription, error) {
	begun := time.Now()
	i, err := m.client.ImageInspect(ctx, reference)
	if err = m.told(begun, "inspect image "+short(reference), err); err != nil {
		return ImageDescription{}, err
	}
	out := ImageDescription{ID: i.ID, OS: i.Os, Architecture: i.Architecture, Variant: i.Variant}
	if c := i.Config; c != nil {
		out.Env, out.Exposed = c.Env, sortedKeys(c.ExposedPorts)
		if h := c.Healthcheck; h != nil && len(h.Test) > 0 {
			out.Healthcheck = &service.Healthcheck{
				Test: h.Test, Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, Retries: h.Retries, Disabled: h.Test[0] == "NONE",
			}
		}
	}
	return out, nil
}

func (m *moby) PullImage(ctx context.Context, reference, platform, auth string, tell func(PullStep)) error {
	begun := time.Now()
	body, err := m.client.ImagePull(ctx, reference, image.PullOptions{Platform: platform, RegistryAuth: auth})
	if err == nil {
		err = readProgress(body, tell)
	}
	return m.told(begun, "pull image "+reference, err)
}

// readProgress reads the engine's progress of a pull or an import to its end: an error comes as its last message, under status 200.
func readProgress(body io.ReadCloser, tell func(PullStep)) error {
	defer body.Close()
	for decoder := json.NewDecoder(body); ; {
		var message struct {
			ID       string `json:"id"`
			Status   string `json:"status"`
			Error    string `json:"error"`
			Progress struct {
				Current int64 `json:"current"`
				Total   int64 `json:"total"`
			} `json:"progressDetail"`
		}
		err := decoder.Decode(&message)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the engine's progress: %w", err)
		case message.Error != "":
			return errors.New(message.Error)
		}
		tell(PullStep{Layer: message.ID, Status: message.Status, Current: message.Progress.Current, Total: message.Progress.Total})
	}
}
