// Command server is the auth service and the backend of a small system: "server auth ADDRESS", "server backend ADDRESS".
package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	what, address := os.Args[1], os.Args[2]
	http.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	if what == "auth" {
		http.HandleFunc("/token", token)
	} else {
		http.HandleFunc("/ws", talk)
	}
	fmt.Fprintln(os.Stderr, http.ListenAndServe(address, nil))
	os.Exit(1)
}

// token makes a token of the claims that are sent.
func token(w http.ResponseWriter, r *http.Request) {
	claims, _ := io.ReadAll(r.Body) // what is not whole is no token, and the test says so
	fmt.Fprintf(w, `{"access_token": "e30.%s.none"}`, base64.RawURLEncoding.EncodeToString(claims))
}

// talk answers the first message of a WebSocket, which must be short.
func talk(w http.ResponseWriter, r *http.Request) {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	if err := message(buffered.Reader); err != nil {
		return
	}
	answer := `{"type": "agent_started"}`
	fmt.Fprintf(conn, "\x81%c%s", len(answer), answer)
	io.Copy(io.Discard, conn) // until the client leaves
}

// message reads a client's frame of at most 125 bytes to its end.
func message(r *bufio.Reader) error {
	head := make([]byte, 6) // kind, length, the mask's key
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, r, int64(head[1]&0x7f))
	return err
}
