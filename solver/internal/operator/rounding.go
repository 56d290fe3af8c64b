package operator

// Roundoff is a bound of gamma_k = k 2^-53 / (1 - k 2^-53), the relative error
// of a sum of k products in any order, with room for the few operations around
// it.
func Roundoff(k int) float64 { return float64(k+8) * 0x1.1p-53 }
