package run

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"multigrade/grade"
)

// facts are what there is to know about a run.
func (m *manifest) facts(model *grade.Model) [][]string {
	d := model.Data
	facts := [][]string{
		{"data", fmt.Sprintf("%s (%s): %d rows, %s", m.Data.Path, d.Kind, d.Rows, features(d.Features))},
		{"sha256", m.Data.SHA256},
		{"features", names(d.Columns)},
		{"target", names(d.Target) + ", " + model.Task},
	}
	if model.Classes != nil {
		facts = append(facts, []string{"classes", names(model.Classes)})
	}
	if m.Test != nil {
		facts = append(facts, []string{"test data", fmt.Sprintf("%s: %d rows, sha256 %s", m.Test.Path, model.Test.Rows, m.Test.SHA256)})
	}
	return append(facts, []string{"options", settings(m.Options)}, []string{"seed", fmt.Sprint(m.Seed)}, []string{"versions", settings(m.Versions)},
		[]string{"command", strings.Join(m.Command, " ")})
}

// features counts them.
func features(n int) string {
	if n == 1 {
		return "1 feature"
	}
	return fmt.Sprintf("%d features", n)
}

// names lists the first of many.
func names(all []string) string {
	const most = 20
	if len(all) > most {
		return fmt.Sprintf("%s, ... (%d)", strings.Join(all[:most], ", "), len(all))
	}
	return strings.Join(all, ", ")
}

// settings writes the fields of v, a struct or a map, that are not zero, as JSON
// names them.
func settings(v any) string { return strings.Join(settingList(v), ", ") }

// settingList is settings, one by one.
func settingList(v any) []string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers and texts always can
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		panic(err)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch v := fields[name]; v {
		case false, 0.0, "":
		case true:
			all = append(all, name)
		default:
			all = append(all, fmt.Sprintf("%s %v", name, v))
		}
	}
	return all
}
