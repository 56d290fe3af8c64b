package dense

import "multigrade/internal/parallel"

// work is a set of independent tasks 0..n-1; task i may use the workspace.
type work interface {
	do(i int, ws *workspace)
}

// gang shares the tasks of a work among goroutines. Which of them runs a task, and when, has no influence on its result.
type gang struct{ work work }

var gangs freeList[gang]

// run does tasks 0..n-1 of w on up to parallel.Hands goroutines, the caller being one.
func run(w work, n int) {
	workers := min(n, parallel.Hands())
	if workers <= 1 {
		ws := takeWorkspace()
		for i := range n {
			w.do(i, ws)
		}
		workspaces.put(ws)
		return
	}
	g := gangs.get()
	g.work = w
	parallel.Share(n, workers, g)
	g.work = nil
	gangs.put(g)
}

// Work takes tasks until there are none left.
func (g *gang) Work(p parallel.Parts) {
	i, ok := p.Next()
	if !ok {
		return
	}
	ws := takeWorkspace()
	for ; ok; i, ok = p.Next() {
		g.work.do(i, ws)
	}
	workspaces.put(ws)
}

// freeList makes what is not there for reuse.
type freeList[T any] struct{ parallel.FreeList[T] }

func (f *freeList[T]) get() *T {
	if x := f.Take(); x != nil {
		return x
	}
	return new(T)
}

func (f *freeList[T]) put(x *T) { f.Give(x) }
