package sweep

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"multigrade/internal/run"
)

// A dot lies at its value, a text at its place among the values, and as high as its shard is
// beside the median of its data.
func TestDots(t *testing.T) {
	table := &Table{Options: []string{"loss", "beta"}}
	for i, row := range []struct {
		data, loss, beta string
		test             float64
	}{{"b", "squared", "0.5", 10}, {"a", "l1", "1e-1", 3}, {"b", "l1", "0.5", 40}, {"a", "squared", "0.5", 1}, {"b", "squared", "0.5", 20}} {
		summary := new(run.Summary)
		if err := json.Unmarshal(fmt.Appendf(nil, `{"final":{"test":{"l2":%v}}}`, row.test), summary); err != nil {
			t.Fatal(err)
		}
		table.Rows = append(table.Rows, Row{Index: i, Data: row.data, Seed: 7, Settings: map[string]string{"loss": row.loss, "beta": row.beta}, summary: summary})
	}
	dataSets := table.dataSets()
	if want := [][]int{{0, 2, 4}, {1, 3}}; !slices.EqualFunc(dataSets, want, slices.Equal[[]int]) {
		t.Errorf("data sets %v, want %v", dataSets, want)
	}
	if got, of := table.reached(dataSets); of != "test" || !slices.Equal(got, []float64{0.5, 1, 2, 1. / 3, 1}) {
		t.Errorf("reached %v of %s rows", got, of)
	}
	for _, test := range []struct {
		option, axis string
		x            []float64
	}{
		{"loss", "loss: 1 squared, 2 l1", []float64{1, 2, 2, 1, 1}}, {"beta", "beta", []float64{0.5, 0.1, 0.5, 0.5, 0.5}}, {"seed", "", nil},
	} {
		if x, axis := table.positions(test.option); axis != test.axis || !slices.Equal(x, test.x) {
			t.Errorf("%s: %v along %q, want %v along %q", test.option, x, axis, test.x, test.axis)
		}
	}
}
