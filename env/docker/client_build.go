package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
)

// BuildEngine is what building images asks of an engine beyond the rest of Engine.
type BuildEngine interface {
	// BuildImage builds from a tar stream. Each message is told as it comes; the id is that of the image, "" if the engine named none.
	BuildImage(ctx context.Context, o BuildOrder, context io.Reader, tell func(BuildMessage)) (id string, err error)

	BuiltImage(ctx context.Context, reference string) (Image, error) // IsAbsent tells the error of one that is not there
	TagImage(ctx context.Context, image, reference string) error
	ImageUsers(ctx context.Context, id string) (names []string, err error) // containers of the image or of one made from it, running or not
}

// BuildOrder is an image to be built.
type BuildOrder struct {
	Tag        string
	Dockerfile string // its name in the context
	Target     string
	Platform   string
	Args       map[string]string
	Labels     map[string]string
	CacheFrom  []string
	NoCache    bool
	Network    string
	ShmSize    int64
	Hosts      []string
	BuildKit   bool // by the engine's own BuildKit; else by the builder that every engine has
}

// BuildMessage is one message of a build: one of its first three fields is set.
type BuildMessage struct {
	Text   string // what the builder or a step writes, cut anywhere
	Status string // of a pull: "Downloading"
	Begins string // BuildKit begins a step, and calls it so: "[2/3] RUN make"

	Step   string // BuildKit runs steps side by side: the id of the one that it is about; "" with the other builder
	Ended  bool   // BuildKit: the step has ended
	Failed bool   // BuildKit: it failed
}

func (m *moby) BuildImage(ctx context.Context, o BuildOrder, context io.Reader, tell func(BuildMessage)) (string, error) {
	begun := time.Now()
	options := build.ImageBuildOptions{
		Tags: []string{o.Tag}, Dockerfile: o.Dockerfile, Target: o.Target, Platform: o.Platform, BuildArgs: map[string]*string{}, Labels: o.Labels,
		CacheFrom: o.CacheFrom, NoCache: o.NoCache, NetworkMode: o.Network, ShmSize: o.ShmSize, ExtraHosts: o.Hosts,
		Remove: true, ForceRemove: true, Version: build.BuilderV1,
	}
	for name, value := range o.Args {
		options.BuildArgs[name] = &value
	}
	if o.BuildKit {
		options.Version = build.BuilderBuildKit
	}
	answer, err := m.client.ImageBuild(ctx, context, options)
	var id string
	if err == nil {
		id, err = readBuild(answer.Body, tell)
	}
	return id, m.told(begun, "build image "+o.Tag, err)
}

// readBuild reads a build's messages to their end. An error comes as the last one, under status 200; an engine that goes down ends
// the messages as if all were well, without an id.
func readBuild(body io.ReadCloser, tell func(BuildMessage)) (id string, err error) {
	defer body.Close()
	for decoder := json.NewDecoder(body); ; {
		var message struct {
			ID     string          `json:"id"`
			Stream string          `json:"stream"`
			Status string          `json:"status"`
			Error  string          `json:"error"`
			Aux    json.RawMessage `json:"aux"`
		}
		err := decoder.Decode(&message)
		switch {
		case errors.Is(err, io.EOF):
			return id, nil
		case err != nil:
			return id, fmt.Errorf("read the engine's progress: %w", err)
		case message.Error != "":
			return id, errors.New(message.Error)
		}
		if message.ID == traceID {
			if err := readTrace(message.Aux, tell); err != nil {
				return id, fmt.Errorf("read the engine's progress: %w", err)
			}
			continue
		}
		var result build.Result
		if len(message.Aux) > 0 && json.Unmarshal(message.Aux, &result) == nil && result.ID != "" {
			id = result.ID // one comes after each stage
		}
		if message.Stream != "" || message.Status != "" {
			tell(BuildMessage{Text: message.Stream, Status: message.Status})
		}
	}
}

func (m *moby) BuiltImage(ctx context.Context, reference string) (Image, error) {
	begun := time.Now()
	i, err := m.client.ImageInspect(ctx, reference)
	if err = m.told(begun, "inspect image "+short(reference), err); err != nil {
		return Image{}, err
	}
	out := Image{ID: i.ID, Tags: i.RepoTags, Bytes: i.Size}
	if i.Config != nil {
		out.Labels = i.Config.Labels
	}
	return out, nil
}

func (m *moby) TagImage(ctx context.Context, image, reference string) error {
	begun := time.Now()
	return m.told(begun, "tag image "+reference, m.client.ImageTag(ctx, image, reference))
}

func (m *moby) ImageUsers(ctx context.Context, id string) ([]string, error) {
	begun := time.Now()
	all, err := m.client.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("ancestor", id))})
	if err = m.told(begun, "list containers of image "+short(id), err); err != nil {
		return nil, err
	}
	var names []string
	for _, c := range all {
		name := short(c.ID)
		if len(c.Names) > 0 {
			name = strings.TrimPrefix(c.Names[0], "/")
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}
