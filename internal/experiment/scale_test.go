package experiment

import (
	"math"
	"testing"

	"multigrade/solver"
)

func TestExponent(t *testing.T) {
	values := []int{10, 20, 40, 80}
	var rows []Timing
	for _, v := range values {
		rows = append(rows, Timing{Seconds: 3e-4 * math.Pow(float64(v), 2.5)})
	}
	if got := exponent(values, rows); math.Abs(got-2.5) > 1e-12 {
		t.Errorf("the exponent is %v, want 2.5", got)
	}
}

func TestScale(t *testing.T) {
	axes, err := FindAxes("gates")
	if err != nil {
		t.Fatal(err)
	}
	axes[0].Values = []int{4, 8}
	all, status, err := Scale(t.Context(), axes, 1, 1, solver.DefaultOptions())
	if err != nil || status != solver.Optimal {
		t.Fatalf("status %v, %v", status, err)
	}
	if len(all) != 1 {
		t.Fatalf("%d axes", len(all))
	}
	rows := all[0].Rows
	if len(rows) != 2 || rows[0].Rows != 1000 || rows[0].Columns != 11 || rows[0].Patterns != 4 || rows[1].Patterns != 8 {
		t.Errorf("rows %+v", rows)
	}
	if _, err := FindAxes("depth"); err == nil {
		t.Error("an axis that is not there is taken")
	}
}
