package parallel

import "sync"

// Group is a number of goroutines that are waited for together. The zero value is one
// without Stop.
type Group struct {
	// Stop, if not nil, is called when one panics, for the others to end.
	Stop func()

	wait   sync.WaitGroup
	panics Panics
}

// Go starts f in a goroutine.
func (g *Group) Go(f func()) {
	g.wait.Add(1)
	go func() {
		defer g.wait.Done()
		defer func() {
			if g.Stop != nil && g.panics.Kept() {
				g.Stop()
			}
		}()
		defer g.panics.Keep()
		f()
	}()
}

// Wait returns when all have ended; the first panic of one of them is then the caller's.
func (g *Group) Wait() {
	g.wait.Wait()
	g.panics.Raise()
}
