package service

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"testrunner/report/event"
)

// grpcServing is the status of a healthy service in grpc.health.v1.
const grpcServing = 1

// grpcProbe asks grpc.health.v1.Health/Check for a service; "" is the server as a whole. A server without that service can't be asked,
// ever.
func grpcProbe(base, service string, by event.Provider) Probe {
	client := webClient(by)
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	if t, ok := client.Transport.(*http.Transport); ok {
		t.Protocols = protocols
	}
	target := join(base, "/grpc.health.v1.Health/Check")
	return Probe{Name: "gRPC health", Ask: func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(grpcFrame(service)))
		if err != nil {
			return permanent("its address can't be asked: %w", bare(err))
		}
		request.Header.Set("Content-Type", "application/grpc")
		request.Header.Set("TE", "trailers")
		response, err := client.Do(request)
		if err != nil {
			return bare(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		if err != nil {
			return bare(err)
		}
		return grpcVerdict(response, body)
	}}
}

// grpcFrame is the request in its frame: one byte that says "not compressed", the length, and field 1, the name.
func grpcFrame(service string) string {
	var message []byte
	if service != "" {
		message = append(binary.AppendUvarint([]byte{0x0a}, uint64(len(service))), service...)
	}
	return string(append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...))
}

func grpcVerdict(response *http.Response, body []byte) error {
	status, text := response.Trailer.Get("Grpc-Status"), response.Trailer.Get("Grpc-Message")
	if status == "" { // an answer without a body has them in its header
		status, text = response.Header.Get("Grpc-Status"), response.Header.Get("Grpc-Message")
	}
	switch {
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("it answers %s, which is no gRPC", response.Status)
	case status == "12":
		return permanent("it speaks gRPC and has no health service (grpc.health.v1): give it one, or another way to be ready in runner.yaml")
	case status != "0":
		return fmt.Errorf("gRPC status %s %s", status, text)
	case len(body) < 5 || len(body) != 5+int(binary.BigEndian.Uint32(body[1:5])):
		return errors.New("it answers with a broken gRPC frame")
	}
	if message := body[5:]; len(message) < 2 || message[0] != 0x08 || message[1] != grpcServing {
		return errors.New("it answers, and is not serving")
	}
	return nil
}
