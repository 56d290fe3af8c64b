package experiment

import (
	"runtime/debug"
	"runtime/metrics"
	"time"

	"multigrade/internal/parallel"
)

// sampling is how often the memory is looked at.
const sampling = 5 * time.Millisecond

// peakMemory calls f and returns the most memory, in bytes, that the process had from the
// system meanwhile.
func peakMemory(f func()) uint64 {
	debug.FreeOSMemory()
	most, end := held(), make(chan struct{})
	var sampler parallel.Group
	sampler.Go(func() {
		tick := time.NewTicker(sampling)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-tick.C:
				most = max(most, held())
			}
		}
	})
	func() {
		defer sampler.Wait()
		defer close(end)
		f()
	}()
	return max(most, held())
}

// held is the memory from the system that was not given back.
func held() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
