package operator

import (
	"runtime"
	"sync"
	"sync/atomic"

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
	var g *gang
	select {
	case g = <-gangs:
	default:
		g = new(gang)
		g.helper = g.help
	}
	g.task, g.n = t, int64(n)
	g.next.Store(0)
	g.wait.Add(workers - 1)
	for range workers - 1 {
		go g.helper()
	}
	g.join()
	g.wait.Wait()
	g.task = nil
	g.panics.Raise()
	select {
	case gangs <- g:
	default:
	}
}

// gang is the state of one parallelTask, kept for the next.
type gang struct {
	next   atomic.Int64
	n      int64
	task   task
	helper func() // kept, so that starting a goroutine allocates nothing
	wait   sync.WaitGroup
	panics parallel.Panics
}

var gangs = make(chan *gang, 64)

func (g *gang) help() {
	defer g.wait.Done()
	g.join()
}

// join takes part; a panic is kept for the caller of ParallelTask.
func (g *gang) join() {
	defer g.panics.Keep()
	g.loop()
}

// loop takes parts until there are none left.
func (g *gang) loop() {
	for i := g.next.Add(1) - 1; i < g.n; i = g.next.Add(1) - 1 {
		g.task.Part(int(i))
	}
}

// ParallelWorkers is parallel with the index of the goroutine that makes the
// call, below maxWorkers(), for the use of its workspace.
func ParallelWorkers(n int, f func(worker, i int)) {
	var next atomic.Int64
	Parallel(min(MaxWorkers(), n), func(w int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(w, i)
		}
	})
}

func MaxWorkers() int { return runtime.GOMAXPROCS(0) }
