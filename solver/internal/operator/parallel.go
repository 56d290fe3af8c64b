package operator

import (
	"runtime"

	"multigrade/internal/parallel"
)

// task is work in independent parts, so that its result does not depend on how
// many processors share them. A task that is a pointer costs no allocation: the
// steps of an iteration are tasks on the state of their method, such as
//
//	type shrinkRows admm
//	func (t *shrinkRows) part(j int) { ... }
//	parallelTask(n, (*shrinkRows)(m))
type task interface {
	Part(i int)
}

// parts makes a task of a function.
type parts func(i int)

func (f parts) Part(i int) { f(i) }

// Parallel calls f(0), ..., f(n-1) on all processors and returns when all are
// done.
func Parallel(n int, f func(i int)) { ParallelTask(n, parts(f)) }

// ParallelTask does parts 0 to n-1 of t on all processors and returns when all
// are done. In the long run it allocates nothing.
func ParallelTask(n int, t task) {
	workers := min(MaxWorkers(), n)
	if workers <= 1 {
		for i := range n {
			t.Part(i)
		}
		return
	}
	s := shares.Take()
	if s == nil {
		s = new(shared)
	}
	s.task = t
	parallel.Share(n, workers, s)
	s.task = nil
	shares.Give(s)
}

// shared is a task that several goroutines do, kept for the next.
type shared struct{ task task }

var shares parallel.FreeList[shared]

// Work takes parts until there are none left.
func (s *shared) Work(p parallel.Parts) {
	for i, ok := p.Next(); ok; i, ok = p.Next() {
		s.task.Part(i)
	}
}

// ParallelWorkers is Parallel with the number of the goroutine that makes the
// call, below MaxWorkers(), for the use of its workspace.
func ParallelWorkers(n int, f func(worker, i int)) {
	if workers := min(MaxWorkers(), n); workers > 1 {
		parallel.Share(n, workers, workerParts(f))
		return
	}
	for i := range n {
		f(0, i)
	}
}

// workerParts makes shared work of a function.
type workerParts func(worker, i int)

func (f workerParts) Work(p parallel.Parts) {
	for i, ok := p.Next(); ok; i, ok = p.Next() {
		f(p.Worker, i)
	}
}

// rowsTogether are done at a time where rows are read in the order of the columns: with 200 of them 100 kB.
const rowsTogether = 64

func MaxWorkers() int { return runtime.GOMAXPROCS(0) }
