package categories

import (
	"go/build"
	"io"
	"path"
	"slices"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// Build tags that only runner.yaml names. Discovery leaves such files out, since no convention says what they need.

// addTagged gives the files that a suite's build tags bring in to their projects.
func (p *placing) addTagged() {
	var suites []string
	for _, name := range p.suiteAZ {
		if len(p.Suites[name].Tags) > 0 {
			suites = append(suites, name)
		}
	}
	if len(suites) == 0 {
		return
	}
	left := p.leftOut()
	for _, name := range suites {
		s := p.Suites[name]
		for file, pr := range left {
			f := tool.File{Path: file, Tags: s.Tags}
			if pr != nil && p.claims(name, s, pr, f) {
				pr.Files = append(pr.Files, f)
				left[file] = nil
			}
		}
	}
	for i := range p.projects {
		pr := &p.projects[i]
		slices.SortFunc(pr.Files, func(a, b tool.File) int { return strings.Compare(a.Path, b.Path) })
		pr.Findings = slices.DeleteFunc(pr.Findings, func(f event.Finding) bool { return p.settled(pr, f, left) })
	}
}

// leftOut are the test files that are in no project's list, with the project that they lie in.
func (p *placing) leftOut() map[string]*project {
	out := map[string]*project{}
	for _, f := range p.tree.Files {
		if strings.HasSuffix(f, "_test.go") && !hidden(f) {
			out[f] = nil
		}
	}
	for i := range p.projects {
		pr := &p.projects[i]
		if pr.Tool != tagTool {
			continue
		}
		for f, now := range out {
			if below(f, pr.Dir) && (now == nil || depth(pr.Dir) > depth(now.Dir)) {
				out[f] = pr
			}
		}
	}
	for _, pr := range p.projects {
		for _, f := range pr.Files {
			delete(out, f.Path)
		}
	}
	return out
}

// hidden says whether go passes over the file: a folder or file name with a leading "." or "_".
func hidden(file string) bool {
	for part := range strings.SplitSeq(file, "/") {
		if part[0] == '.' || part[0] == '_' {
			return true
		}
	}
	return false
}

// settled says whether the adapter's finding about a build tag that nobody gives is answered: no file of the project
// that would build with that tag is left out any more.
func (p *placing) settled(pr *project, f event.Finding, left map[string]*project) bool {
	tags, ok := strings.CutPrefix(f.ID, "go.tag.")
	if !ok {
		return false
	}
	for file, owner := range left {
		if owner == pr && takes(p.tree, file, strings.Split(tags, "+")) {
			return false
		}
	}
	return true
}

// takes says whether a build with the tags takes the file, on this machine.
func takes(tree tool.Tree, file string, tags []string) bool {
	c := build.Default
	c.BuildTags = tags
	c.JoinPath = path.Join
	c.OpenFile = func(name string) (io.ReadCloser, error) { return tree.FS.Open(name) }
	ok, err := c.MatchFile(path.Dir(file), path.Base(file))
	return ok && err == nil
}
