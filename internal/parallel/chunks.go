package parallel

import "runtime"

// Chunks calls f for 0, ..., n-1 in chunks of so many, from lo to hi-1, on all processors, and returns when all are done.
func Chunks(n, size int, f func(lo, hi int)) {
	if n <= size { // one, if any
		if n > 0 {
			f(0, n)
		}
		return
	}
	Share((n+size-1)/size, runtime.GOMAXPROCS(0), chunks{n, size, f})
}

type chunks struct {
	n, size int
	f       func(lo, hi int)
}

func (c chunks) Work(p Parts) {
	for i, ok := p.Next(); ok; i, ok = p.Next() {
		c.f(i*c.size, min(c.n, (i+1)*c.size))
	}
}
