package export

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// documented computes the outputs of the JSON object at one row as the
// documentation of grade.Flat says.
func documented(j map[string]any, x []float64) []float64 {
	vector := func(o map[string]any, key string) []float64 {
		var v []float64
		for _, e := range list0(o[key]) {
			v = append(v, e.(float64))
		}
		return v
	}
	part := func(key string) map[string]any { return j[key].(map[string]any) }
	shift, scale := vector(part("input"), "shift"), vector(part("input"), "scale")
	h := make([]float64, len(x))
	for i := range x {
		if scale[i] != 0 {
			h[i] = (x[i] - shift[i]) / scale[i]
		}
	}
	var carried []float64
	for i, c := range vector(j, "carry_shift") {
		carried = append(carried, max(h[i]+c, 0))
	}
	s := make([]float64, len(list0(j["outputs"])))
	for _, e := range list0(j["layers"]) {
		l := e.(map[string]any)
		var a []float64
		bias, gateBias := vector(l, "bias"), vector(l, "gate_bias")
		for m, w := range list0(l["weights"]) {
			z := product(w, h)
			if bias != nil {
				z += bias[m]
			}
			open := z
			if gates := list0(l["gates"]); gates != nil {
				open = product(gates[m], h)
				if gateBias != nil {
					open += gateBias[m]
				}
			}
			if slope, ok := l["slope"].(float64); ok && !(z > 0) {
				z *= slope
			} else if !(open > 0) {
				z = 0
			}
			a = append(a, z)
		}
		constant := vector(l, "constant")
		for t, w := range list0(l["output"]) {
			f := productFrom(constant[t], w, a)
			if dead := vector(l, "dead_zone"); dead != nil {
				f = max(f-dead[t], 0) - max(-f-dead[t], 0)
			}
			s[t] += f
		}
		h = nil
		for m, c := range vector(l, "feature_scale") {
			h = append(h, c*a[m])
		}
		h = append(h, carried...)
	}
	shift, scale = vector(part("output"), "shift"), vector(part("output"), "scale")
	for t := range s {
		s[t] = shift[t] + float64(scale[t]*s[t])
	}
	if j["rising"] == true {
		slices.Sort(s)
	}
	return s
}

// list0 is v as a list, nil if it is not there.
func list0(v any) []any {
	l, _ := v.([]any)
	return l
}

func product(w any, h []float64) float64 { return productFrom(0, w, h) }

func productFrom(z float64, w any, h []float64) float64 {
	for k, v := range list0(w) {
		z += float64(v.(float64) * h[k])
	}
	return z
}

// What stands in the JSON is all it takes to predict, to the bit.
func TestJSON(t *testing.T) {
	eachShape(t, func(t *testing.T, m *grade.Model, f *grade.Flat, x, y *mat.Dense) {
		var b bytes.Buffer
		if err := JSON(&b, f); err != nil {
			t.Fatal(err)
		}
		var j map[string]any
		if err := json.Unmarshal(b.Bytes(), &j); err != nil {
			t.Fatal(err)
		}
		version := 1.0
		switch {
		case f.Rising:
			version = 3
		case sloped(f):
			version = 2
		}
		if j["format"] != "multigrade-flat" || j["version"] != version || len(list0(j["classes"])) != len(m.Classes) {
			t.Errorf("format %v version %v, classes %v", j["format"], j["version"], j["classes"])
		}
		n, _ := x.Dims()
		for i := range n {
			for k, v := range documented(j, x.RawRowView(i)) {
				if v != y.At(i, k) {
					t.Fatalf("row %d output %d: %v, the model predicts %v", i, k, v, y.At(i, k))
				}
			}
		}
	})
}
