package run

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
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
	return settingsOf("", fields)
}

// settingsOf are the fields of an object whose name the prefix is.
func settingsOf(prefix string, fields map[string]any) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch v := fields[name].(type) {
		case map[string]any:
			all = append(all, settingsOf(prefix+name+".", v)...)
		case []any:
			var parts []string
			for _, part := range v {
				parts = append(parts, settingText(part))
			}
			all = append(all, fmt.Sprintf("%s%s %s", prefix, name, strings.Join(parts, " and ")))
		case bool:
			if v {
				all = append(all, prefix+name)
			}
		default:
			if v != nil && v != 0.0 && v != "" {
				all = append(all, prefix+name+" "+settingText(v))
			}
		}
	}
	return all
}

// settingText writes whole numbers as such.
func settingText(v any) string {
	if x, ok := v.(float64); ok && x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
