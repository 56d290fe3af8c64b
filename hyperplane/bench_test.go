package hyperplane

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

func BenchmarkCells(b *testing.B) {
	for _, c := range [][2]int{{2000, 2}, {100000, 2}, {100, 3}, {200, 3}, {400, 3}, {1000, 3}, {50, 4}, {100, 4}, {200, 4}, {40, 5}} {
		x := gaussian(rand.New(rand.NewPCG(1, 2)), c[0], c[1])
		b.Run(itoa(c[0])+"x"+itoa(c[1]), func(b *testing.B) {
			b.ReportAllocs()
			count := 0
			for b.Loop() {
				a, err := NewArrangement(x)
				if err != nil {
					b.Fatal(err)
				}
				for c, err := range a.Cells(context.Background()) {
					if err != nil || c.Gate == nil {
						b.Fatal(err)
					}
					count++
				}
			}
			b.ReportMetric(float64(count)/b.Elapsed().Seconds(), "cells/s")
			b.ReportMetric(float64(count)/float64(b.N), "cells")
		})
	}
}

func BenchmarkCount(b *testing.B) {
	for _, c := range [][2]int{{1000, 3}, {200, 4}, {60, 5}} {
		a, err := NewArrangement(gaussian(rand.New(rand.NewPCG(1, 2)), c[0], c[1]))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(itoa(c[0])+"x"+itoa(c[1]), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Count(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
