package operator

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A shared matrix has one design for all that ask, with the bits of a design of its own, and what is found out about it is found once;
// each account has all that it would have alone.
func TestShared(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 1))
	x := mat.NewDense(60, 40, nil)
	x.Mul(randomMatrix(rng, 60, 5, 1), randomMatrix(rng, 5, 40, 1))
	shared, own := Share(x), NewAccount(0)
	alone, err := NewCountedDesign(x, own)
	if err != nil {
		t.Fatal(err)
	}
	want := CoordinatesOf(alone)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			a := NewAccount(0)
			d, err := shared.DesignOf(x, a)
			if err != nil {
				t.Error(err)
				return
			}
			if &RowNorms(d)[0] != &shared.rowNorms(t)[0] || !slices.Equal(RowNorms(d), RowNorms(alone)) {
				t.Error("row norms are made again, or are others")
			}
			c := CoordinatesOf(d)
			if c != CoordinatesOf(d) || !mat.Equal(c.Z, want.Z) {
				t.Error("rank coordinates are found again, or are others")
			}
			if a.Booked() != 2*own.Booked() {
				t.Errorf("%v booked of asking twice, once alone %v", a.Booked(), own.Booked())
			}
		})
	}
	group.Wait()
	other := mat.DenseCopyOf(x)
	d, err := shared.DesignOf(other, nil)
	if err != nil {
		t.Fatal(err)
	}
	if &RowNorms(d)[0] == &shared.rowNorms(t)[0] {
		t.Error("another matrix has the design that is shared")
	}
	var none *Shared
	if d, err = none.DesignOf(x, nil); err != nil || !slices.Equal(RowNorms(d), RowNorms(alone)) {
		t.Errorf("without one that is shared: %v", err)
	}
}

func (s *Shared) rowNorms(t *testing.T) []float64 {
	d, err := s.DesignOf(s.Matrix, nil)
	if err != nil {
		t.Fatal(err)
	}
	return RowNorms(d)
}
