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

type onceFound struct {
	sync.Once
	value any
}
