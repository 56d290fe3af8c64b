package hyperplane

import (
	"context"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// checkSweep compares the cells of a sweep with those of Cells.
func checkSweep(t *testing.T, x mat.Matrix) {
	t.Helper()
	a, err := NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	want := newPatternSet(0)
	for c, err := range a.Cells(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		want.add(c.Pattern)
	}
	n, _ := x.Dims()
	words := make([]uint64, wordsFor(n))
	got := newPatternSet(0)
	for flips, err := range a.Sweep(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range flips {
			words[i/64] ^= 1 << (i % 64)
			for _, j := range flips[:k] {
				if i == j {
					t.Fatalf("row %d flips twice in a step", i)
				}
			}
		}
		p := Pattern{n, append([]uint64(nil), words...)}
		if !got.add(p) {
			t.Fatalf("%v twice", p)
		}
		if want.find(p) < 0 {
			t.Fatalf("%v is no cell", p)
		}
	}
	if len(got.list) != len(want.list) {
		t.Fatalf("%d cells, want %d", len(got.list), len(want.list))
	}
}

func TestSweepEqualsCells(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for trial := range 270 {
		n, d := 1+rng.IntN(14), 1+rng.IntN(4)
		if trial%2 == 0 {
			d = 3
		}
		checkSweep(t, degenerateRows(rng, trial, n, d))
	}
	checkSweep(t, gaussian(rng, 60, 3))
	checkSweep(t, gaussian(rng, 300, 2))
	checkSweep(t, mat.NewDense(3, 2, nil))
}

func TestContextEndsSweepAndCells(t *testing.T) {
	a, err := NewArrangement(gaussian(rand.New(rand.NewPCG(1, 1)), 3000, 4))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	steps := 0
	for _, err := range a.Cells(ctx) {
		if steps++; steps == 5 {
			cancel()
		}
		if err != nil {
			break
		}
	}
	if steps != 6 {
		t.Errorf("cells: %d steps after cancelling at 5", steps)
	}
	a, _ = NewArrangement(gaussian(rand.New(rand.NewPCG(1, 1)), 3000, 3))
	last := error(nil)
	for _, last = range a.Sweep(ctx) {
	}
	if last != context.Canceled {
		t.Errorf("sweep ended with %v", last)
	}
	if _, err := a.Count(ctx); err != context.Canceled {
		t.Errorf("count ended with %v", err)
	}
}

func BenchmarkSweep(b *testing.B) {
	for _, c := range [][2]int{{100000, 2}, {300, 3}, {1000, 3}} {
		a, err := NewArrangement(gaussian(rand.New(rand.NewPCG(1, 2)), c[0], c[1]))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(itoa(c[0])+"x"+itoa(c[1]), func(b *testing.B) {
			b.ReportAllocs()
			cells, flips := 0, 0
			for b.Loop() {
				for f, err := range a.Sweep(context.Background()) {
					if err != nil {
						b.Fatal(err)
					}
					cells++
					flips += len(f)
				}
			}
			b.ReportMetric(float64(cells)/b.Elapsed().Seconds(), "cells/s")
			b.ReportMetric(float64(flips)/float64(cells), "flips/cell")
		})
	}
}
