package hyperplane

import "math/big"

// Cover returns 2 Σ_{k<r} C(n-1, k), the number of cells of n >= 1 hyperplanes through the origin of R^r in general
// position (every r of the normals independent); it is an upper bound for every arrangement of n hyperplanes of rank r.
// It is 1 when n or r is 0. (T. Cover, IEEE Trans. Electronic Computers 14, 1965.)
func Cover(n, r int) *big.Int {
	if n <= 0 || r <= 0 {
		return big.NewInt(1)
	}
	sum, term := new(big.Int), big.NewInt(1)
	for k := 0; k < r && k < n; k++ {
		sum.Add(sum, term)
		term.Mul(term, big.NewInt(int64(n-1-k)))
		term.Quo(term, big.NewInt(int64(k+1)))
	}
	return sum.Lsh(sum, 1)
}
