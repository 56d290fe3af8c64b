package operator

import "sync"

// memo keeps what was found out about a matrix.
type memo struct{ found sync.Map }

// Once returns what find returned when it was first called for the key, a comparable value.
func (m *memo) Once(key any, find func() any) any {
	f, _ := m.found.LoadOrStore(key, &onceFound{})
	once := f.(*onceFound)
	once.Do(func() { once.value = find() })
	return once.value
}

// booked is what find makes of x when it is first called for the key, of whoever asks: each books what that took.
func booked[T any](x Design, key any, find func(x Design) T) T {
	type found struct {
		value T
		work  float64
	}
	f := x.Once(key, func() any {
		a := NewAccount(0)
		return found{find(Counted(x, a)), a.Booked()}
	}).(found)
	x.Book(f.work)
	return f.value
}

type onceFound struct {
	sync.Once
	value any
}
