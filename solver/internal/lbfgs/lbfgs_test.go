package lbfgs

import (
	"context"
	"math"
	"testing"
)

// In the metric of its curvatures a quadratic is minimised as soon as one whose curvatures are equal, and to the same point.
func TestMetric(t *testing.T) {
	const n = 50
	evaluations := func(metric bool) int {
		count, x := 0, make([]float64, n)
		curvature := func(k int) float64 { return math.Pow(10, float64(k%7)) }
		m := Minimiser{Memory: 5, F: func(grad, x []float64) float64 {
			count++
			sum := 0.0
			for k, v := range x {
				c := curvature(k)
				grad[k] = c * (v - 1)
				sum += c * (v - 1) * (v - 1) / 2
			}
			return sum
		}}
		if metric {
			for k := range n {
				m.Metric = append(m.Metric, 3/curvature(k))
			}
		}
		m.Run(context.Background(), x, 2000, 1e-300)
		for k, v := range x {
			if math.Abs(v-1) > 1e-6 {
				t.Errorf("metric %v: unknown %d is %v, want 1", metric, k, v)
			}
		}
		return count
	}
	if with, without := evaluations(true), evaluations(false); with > 200 || 2*with > without {
		t.Errorf("%d evaluations in the metric, %d without", with, without)
	}
}
