package categories

import "testrunner/runner/tool"

// neighbours knows what the suites of one project must know of each other: marks that lead from one to another, and
// whose each file is. The maps are made once and shared by the project's targets, which only read them.
type neighbours struct {
	projects []project
	markOf   map[int]map[string]string
	markedOf map[int]map[string][]string
	homesOf  map[int]map[string]map[string]string
}

func newNeighbours(projects []project) neighbours {
	return neighbours{
		projects: projects, markOf: map[int]map[string]string{}, markedOf: map[int]map[string][]string{},
		homesOf: map[int]map[string]map[string]string{},
	}
}

// marks is mark -> category, for all marks in files of the project; nil where there are none.
func (n neighbours) marks(project int) map[string]string {
	if m, ok := n.markOf[project]; ok {
		return m
	}
	var m map[string]string
	n.each(project, func(f tool.File) {
		for _, mark := range f.Marks {
			if m == nil {
				m = map[string]string{}
			}
			m[mark.Name] = mark.Category
		}
	})
	n.markOf[project] = m
	return m
}

// marked is file -> the categories beside its home that hold it too; nil where there are none.
func (n neighbours) marked(project int) map[string][]string {
	if m, ok := n.markedOf[project]; ok {
		return m
	}
	var m map[string][]string
	n.each(project, func(f tool.File) {
		if to := leads(f); len(to) > 0 {
			if m == nil {
				m = map[string][]string{}
			}
			m[f.Path] = to
		}
	})
	n.markedOf[project] = m
	return m
}

// homes is file -> category, for the project's files that are at home in another category; nil where there are none.
func (n neighbours) homes(project int, category string) map[string]string {
	if m, ok := n.homesOf[project][category]; ok {
		return m
	}
	var m map[string]string
	n.each(project, func(f tool.File) {
		if f.Category != category {
			if m == nil {
				m = make(map[string]string)
			}
			m[f.Path] = f.Category
		}
	})
	if n.homesOf[project] == nil {
		n.homesOf[project] = map[string]map[string]string{}
	}
	n.homesOf[project][category] = m
	return m
}

func (n neighbours) each(project int, do func(tool.File)) {
	for _, m := range n.projects[project].members {
		do(m.file)
	}
}
