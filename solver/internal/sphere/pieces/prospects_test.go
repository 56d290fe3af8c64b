package pieces

import (
	"context"
	"math"
	"testing"
)

// A search is left where a neuron is as large as a bound that is of no use, and its bound holds; where it will come below
// that, it goes on.
func TestHopelessSearchIsLeft(t *testing.T) {
	x, nu := readLater(t, "later3.csv.gz")
	c := Find(x, inOrder(len(nu)))
	for _, q := range []struct {
		hopeless float64 // n beta
		left     bool
	}{{1.0001, true}, {1.2, false}} {
		o := DefaultOptions()
		o.Hopeless = q.hopeless * later3
		b, err := Maximise(context.Background(), x, nu, c, o)
		if err != nil {
			t.Fatal(err)
		}
		exact := b.Upper <= b.Lower*(1+2e-7)
		if b.Left != q.left || exact == q.left || b.Upper < 1.10611*later3 || q.left && b.Nodes > 600 {
			t.Errorf("hopeless at %v n beta: left %v, [%v, %v] n beta after %d nodes", q.hopeless, b.Left, b.Lower/later3, b.Upper/later3, b.Nodes)
		}
	}
}

// The bound at the end is foreseen by the power of the number of nodes with which it falls, once so much has been done that it shows.
func TestForeseen(t *testing.T) {
	bound := func(nodes int) float64 { return 100 * math.Pow(float64(nodes), -0.2) }
	for _, q := range []struct {
		limit      func(o *Options, s *search)
		end        int // nodes
		operations float64
	}{
		{func(o *Options, s *search) { o.Nodes = 1 << 20 }, 1 << 20, probeOperations},
		{func(o *Options, s *search) { o.Operations = 64 * s.operations }, 64 * 512, probeOperations},
		{func(o *Options, s *search) { o.Nodes = 1 << 20 }, 1 << 20, probeOperations / 2},
	} {
		for _, share := range []float64{0.99, 1.01} {
			s := &search{o: DefaultOptions(), scale: 2}
			s.o.Nodes = 1 << 30
			s.o.Hopeless = share * bound(q.end) * s.scale
			left := false
			for nodes := 2; nodes <= 512 && !left; nodes *= 2 {
				s.nodes, s.done = nodes, bound(nodes)
				s.operations = q.operations * float64(nodes) / 512
				q.limit(&s.o, s)
				left = s.hopeless()
			}
			if want := share < 1 && q.operations == probeOperations; left != want || left && s.nodes != 512 {
				t.Errorf("bounds of %v of the end's are useless, %v operations: left %v after %d nodes", share, q.operations, left, s.nodes)
			}
		}
	}
}
