package solver

import (
	"context"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/program"
)

// Iterations in the steady state allocate nothing, on one processor or two.
func TestStepsAllocateNothing(t *testing.T) {
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		for _, gates := range []int{6, 40} { // both linear systems
			p := diabetesProblem(t, gates, a)
			p.Beta, p.Intercept = 0.02, true
			m := madeup.SteadyADMM(t, p)
			wantNoAllocations(t, "ADMM, "+a.String()+", "+m.Sys.Describe(), func() { m.Step() })
			if a == program.ReLU {
				ip := madeup.SteadyInterior(t, p)
				wantNoAllocations(t, "interior point, "+ip.Newton.Describe(), func() { ip.Step() })
			} else {
				al := madeup.SteadyAugLag(t, p, 1)
				wantNoAllocations(t, al.Sys.Describe(), func() { al.Newton() })
			}
		}
	}
}

// wantNoAllocations runs step on one processor, as testing.AllocsPerRun does,
// and on two. The runtime itself may allocate a few times for its goroutines.
func wantNoAllocations(t *testing.T, name string, step func()) {
	t.Helper()
	if n := testing.AllocsPerRun(4, step); n != 0 {
		t.Errorf("%s: %v allocations in a step on one processor", name, n)
	}
	const runs = 20
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	for range runs {
		step()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		step()
	}
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n > 2*runs {
		t.Errorf("%s: %d allocations in %d steps on two processors", name, n, runs)
	}
}

// The result has the same bits on any number of processors.
func TestThreadsDoNotMatter(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		p := diabetesProblem(t, 40, a)
		p.Beta = 0.02
		var first *Result
		for _, procs := range []int{1, 2, 4} {
			runtime.GOMAXPROCS(procs)
			r, err := Solve(context.Background(), p, DefaultOptions())
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = r
			}
			if !sameBits(first, r) {
				t.Errorf("%v: other bits on %d processors: primal %v and %v, dual %v and %v, %d and %d iterations", a, procs,
					first.Primal, r.Primal, first.Dual, r.Dual, first.Iterations, r.Iterations)
			}
		}
	}
}

func sameBits(a, b *Result) bool {
	if a.Primal != b.Primal || a.Dual != b.Dual || a.Iterations != b.Iterations || len(a.Network.Neurons) != len(b.Network.Neurons) {
		return false
	}
	for j, nr := range a.Network.Neurons {
		if other := b.Network.Neurons[j]; !floats.Equal(nr.W, other.W) || nr.Alpha != other.Alpha {
			return false
		}
	}
	return floats.Equal(a.Certificate.Nu, b.Certificate.Nu)
}
