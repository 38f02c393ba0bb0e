package docker

import (
	"context"
	"encoding/json"
	"path"
	"sync"
)

// answering pings the other sockets of this machine side by side; dead tells that the system's default is not among them.
func answering(ctx context.Context, p Place, asked Host) (others []Other, dead bool) {
	ctx, cancel := context.WithTimeout(ctx, otherClock)
	defer cancel()
	all := candidates(p)
	alive := make([]bool, len(all))
	var wg sync.WaitGroup
	for i, c := range all {
		h := Host{URL: c.url, Rule: ByDefault, From: string(c.owner)}
		if c.url == asked.URL || h.Network() == "unix" && kindOf(p, h.Address()) != "socket" {
			continue
		}
		wg.Go(func() {
			engine, err := Connect(p, h)
			if err != nil {
				return
			}
			defer engine.Close()
			_, err = engine.Ping(ctx)
			alive[i] = err == nil
		})
	}
	wg.Wait()
	dead = true
	for i, c := range all {
		if !alive[i] {
			continue
		}
		dead = dead && c.url != builtInURL(p.OS)
		name := string(c.owner)
		if c.profile != "" {
			name += " " + c.profile
		}
		others = append(others, Other{Owner: name, URL: c.url, Remedy: takeCommand(p, asked, c.url)})
	}
	return others, dead
}

// takeCommand is how the user takes another engine: back to the default, by a context of the store that names it, or by the variable.
func takeCommand(p Place, asked Host, url string) string {
	if url == builtInURL(p.OS) && asked.Rule != ByDefault {
		return backCommand(p, asked)
	}
	if asked.Rule != ByHostVariable && asked.Rule != ByContextVariable && p.Program("docker") != "" {
		dir := path.Join(configDir(p), "contexts", "meta")
		for _, id := range p.List(dir) {
			b, err := p.ReadFile(path.Join(dir, id, "meta.json"))
			var meta struct {
				Name      string
				Endpoints map[string]struct{ Host string }
			}
			if err == nil && json.Unmarshal(b, &meta) == nil && meta.Endpoints["docker"].Host == url {
				return "docker context use " + meta.Name
			}
		}
	}
	if p.OS == "windows" {
		return "$env:DOCKER_HOST = '" + url + "'"
	}
	return "export DOCKER_HOST=" + url
}

// backCommand goes back to the system's default engine.
func backCommand(p Place, asked Host) string {
	variable := ""
	switch asked.Rule {
	case ByHostVariable:
		variable = "DOCKER_HOST"
	case ByContextVariable:
		variable = "DOCKER_CONTEXT"
	default:
		if p.Program("docker") == "" {
			return takeDefault(p)
		}
		return "docker context use default"
	}
	if p.OS == "windows" {
		return "Remove-Item Env:" + variable
	}
	return "unset " + variable
}

// takeDefault overrules the configuration where there is no CLI that could change it.
func takeDefault(p Place) string {
	if p.OS == "windows" {
		return "$env:DOCKER_CONTEXT = 'default'"
	}
	return "export DOCKER_CONTEXT=default"
}
