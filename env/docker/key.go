package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"slices"

	"testrunner/env/docker/dockerfile"
	"testrunner/env/service"
)

// LabelKey is the label of an image that runner built: the digest of all that went into it.
const LabelKey = "io.runner.key"

// keyVersion changes when the same input no longer gives the same image.
const keyVersion = "runner build 1"

// ingredients are all that the engine would see of a build. Two builds with the same key give images that do the same, as far as a
// build is decided by what goes into it: what a RUN fetches from a network, or an ADD from an address, is in no key.
type ingredients struct {
	context    *buildContext
	dockerfile string            // its text
	args       dockerfile.Values // those that the Dockerfile declares
	bases      map[string]string // image as written -> its id
	platform   string
	build      *service.Build
}

// key is the digest of the ingredients, 64 hexadecimal digits.
func (g ingredients) key() string {
	h := sha256.New()
	keyLine(h, keyVersion)
	keyLine(h, "dockerfile", g.dockerfile)
	keyLine(h, "target", g.build.Target)
	keyLine(h, "platform", g.platform)
	keyLine(h, "network", g.build.Network)
	keyLine(h, "shm", fmt.Sprint(g.build.ShmSize))
	for _, host := range slices.Sorted(slices.Values(g.build.Hosts)) {
		keyLine(h, "host", host)
	}
	for _, name := range sortedKeys(g.build.Labels) {
		keyLine(h, "label", name, g.build.Labels[name])
	}
	for _, name := range sortedKeys(g.args) {
		keyLine(h, "arg", name, g.args[name])
	}
	for _, name := range sortedKeys(g.bases) {
		keyLine(h, "base", name, g.bases[name])
	}
	for _, e := range g.context.entries {
		switch {
		case e.mode.IsDir():
			keyLine(h, "folder", e.path, fmt.Sprintf("%o", tarMode(e.mode)))
		case e.mode&fs.ModeSymlink != 0:
			keyLine(h, "link", e.path, e.link)
		default:
			keyLine(h, "file", e.path, fmt.Sprintf("%o", tarMode(e.mode)), hex.EncodeToString(e.sum[:]))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// keyLine writes words so that no others give the same bytes.
func keyLine(h hash.Hash, words ...string) {
	for _, w := range words {
		fmt.Fprintf(h, "%d:%s ", len(w), w)
	}
	fmt.Fprintln(h)
}

// declaredArgs are the arguments that the Dockerfile has an ARG for. One without a value is not given at all.
func declaredArgs(f dockerfile.File, args map[string]*string) dockerfile.Values {
	out := dockerfile.Values{}
	for _, name := range f.Arguments() {
		if value, ok := args[name]; ok && value != nil {
			out[name] = *value
		}
	}
	return out
}

// proxyArgs are the arguments that every build has without an ARG, for its way to the network. They are in no key unless an ARG
// declares them: the engine leaves them out of the image, too.
func proxyArgs(args map[string]*string) dockerfile.Values {
	out := dockerfile.Values{}
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"} {
		if value, ok := args[name]; ok && value != nil {
			out[name] = *value
		}
	}
	return out
}
