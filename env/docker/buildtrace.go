package docker

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
)

// traceID marks a message that holds BuildKit's progress: a StatusResponse of its control API in protocol buffers, in base64.
const traceID = "moby.buildkit.trace"

// The fields that are read (moby/buildkit, api/services/control/control.proto).
const (
	statusVertexes, statusLogs                = 1, 3
	vertexID, vertexName                      = 1, 3
	vertexStarted, vertexCompleted, vertexErr = 5, 6, 7
	logVertex, logText                        = 1, 4
)

// readTrace tells what BuildKit says of its steps: that one begins, what it writes, and that it failed.
func readTrace(aux json.RawMessage, tell func(BuildMessage)) error {
	var status []byte
	if err := json.Unmarshal(aux, &status); err != nil {
		return err
	}
	return fields(status, func(number int, value []byte) error {
		switch number {
		case statusVertexes:
			return readVertex(value, tell)
		case statusLogs:
			var m BuildMessage
			err := fields(value, func(number int, value []byte) error {
				switch number {
				case logVertex:
					m.Step = string(value)
				case logText:
					m.Text = string(value)
				}
				return nil
			})
			if err == nil && m.Step != "" {
				tell(m)
			}
			return err
		}
		return nil
	})
}

func readVertex(vertex []byte, tell func(BuildMessage)) error {
	var m BuildMessage
	var name string
	begun := false
	err := fields(vertex, func(number int, value []byte) error {
		switch number {
		case vertexID:
			m.Step = string(value)
		case vertexName:
			name = string(value)
		case vertexStarted:
			begun = true
		case vertexCompleted:
			begun, m.Ended = true, true
		case vertexErr: // those that ran beside one that failed are called off, and are none of the reasons
			m.Failed = len(value) > 0 && !strings.Contains(string(value), "context canceled")
		}
		return nil
	})
	if begun || m.Failed {
		m.Begins = name
	}
	if err == nil && m.Step != "" && m.Begins != "" {
		tell(m)
	}
	return err
}

var errTrace = errors.New("BuildKit's progress is cut off")

// fields visits the fields of a message in protocol buffers that have a length: texts, bytes and messages. Numbers are passed over.
func fields(message []byte, visit func(number int, value []byte) error) error {
	for len(message) > 0 {
		key, n := binary.Uvarint(message)
		if n <= 0 {
			return errTrace
		}
		message = message[n:]
		size := uint64(0)
		switch key & 7 {
		case 0:
			if _, n = binary.Uvarint(message); n <= 0 {
				return errTrace
			}
			size = uint64(n)
		case 1:
			size = 8
		case 2:
			if size, n = binary.Uvarint(message); n <= 0 {
				return errTrace
			}
			message = message[n:]
		case 5:
			size = 4
		default:
			return errTrace
		}
		if size > uint64(len(message)) {
			return errTrace
		}
		if key&7 == 2 {
			if err := visit(int(key>>3), message[:size]); err != nil {
				return err
			}
		}
		message = message[size:]
	}
	return nil
}
