#include "textflag.h"

// The 8 x 24 tile of C lives in Z0..Z23: row i is Z(3i), Z(3i+1), Z(3i+2).
// Every entry is one chain of fused multiply-adds in ascending k, whatever the
// width of the tile, so that an entry does not depend on where it lies.

#define ZERO(r) VPXORQ r, r, r

#define FMA3(off, t, x, y, z) \
	VBROADCASTSD off(AX), t \
	VFMADD231PD Z24, t, x \
	VFMADD231PD Z25, t, y \
	VFMADD231PD Z26, t, z

#define FMA2(off, t, x, y) \
	VBROADCASTSD off(AX), t \
	VFMADD231PD Z24, t, x \
	VFMADD231PD Z25, t, y

#define FMA1(off, t, x) \
	VBROADCASTSD off(AX), t \
	VFMADD231PD Z24, t, x

// C = alpha*acc + beta*C for eight columns under mask m; Z24 alpha, Z25 beta.
#define ADD8(off, m, acc) \
	VMOVUPD.Z off(DI), m, Z26 \
	VMULPD Z24, acc, acc \
	VMULPD Z25, Z26, Z26 \
	VADDPD Z26, acc, acc \
	VMOVUPD acc, m, off(DI)

// C = alpha*acc: C is not read (it may hold NaN).
#define SET8(off, m, acc) \
	VMULPD Z24, acc, acc \
	VMOVUPD acc, m, off(DI)

#define ADDROW(x, y, z) \
	ADD8(0, K1, x) \
	ADD8(64, K2, y) \
	ADD8(128, K3, z) \
	DECQ R10 \
	JZ   done \
	ADDQ R9, DI

#define SETROW(x, y, z) \
	SET8(0, K1, x) \
	SET8(64, K2, y) \
	SET8(128, K3, z) \
	DECQ R10 \
	JZ   done \
	ADDQ R9, DI

// func gemm512(k int, a, b *float64, ldb int, c *float64, ldc, rows, cols int, alpha, beta float64)
TEXT ·gemm512(SB), NOSPLIT, $0-80
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), AX
	MOVQ b+16(FP), BX
	MOVQ ldb+24(FP), R8
	MOVQ c+32(FP), DI
	MOVQ ldc+40(FP), R9
	MOVQ rows+48(FP), R10
	MOVQ cols+56(FP), R11
	SHLQ $3, R8
	SHLQ $3, R9

	// One bit per column, eight bits per mask register.
	XCHGQ CX, R11
	MOVQ  $1, R12
	SHLQ  CX, R12
	DECQ  R12
	XCHGQ CX, R11
	KMOVW R12, K1
	SHRQ  $8, R12
	KMOVW R12, K2
	SHRQ  $8, R12
	KMOVW R12, K3

	ZERO(Z0)
	ZERO(Z1)
	ZERO(Z2)
	ZERO(Z3)
	ZERO(Z4)
	ZERO(Z5)
	ZERO(Z6)
	ZERO(Z7)
	ZERO(Z8)
	ZERO(Z9)
	ZERO(Z10)
	ZERO(Z11)
	ZERO(Z12)
	ZERO(Z13)
	ZERO(Z14)
	ZERO(Z15)
	ZERO(Z16)
	ZERO(Z17)
	ZERO(Z18)
	ZERO(Z19)
	ZERO(Z20)
	ZERO(Z21)
	ZERO(Z22)
	ZERO(Z23)

	TESTQ CX, CX
	JZ    store
	CMPQ  R11, $8
	JLE   loop8
	CMPQ  R11, $16
	JLE   loop16

	PCALIGN $32
loop24:
	VMOVUPD (BX), Z24
	VMOVUPD 64(BX), Z25
	VMOVUPD 128(BX), Z26
	FMA3(0, Z27, Z0, Z1, Z2)
	FMA3(8, Z28, Z3, Z4, Z5)
	FMA3(16, Z29, Z6, Z7, Z8)
	FMA3(24, Z30, Z9, Z10, Z11)
	FMA3(32, Z31, Z12, Z13, Z14)
	FMA3(40, Z27, Z15, Z16, Z17)
	FMA3(48, Z28, Z18, Z19, Z20)
	FMA3(56, Z29, Z21, Z22, Z23)
	ADDQ R8, BX
	ADDQ $64, AX
	DECQ CX
	JNZ  loop24
	JMP  store

	PCALIGN $32
loop16:
	VMOVUPD (BX), Z24
	VMOVUPD 64(BX), Z25
	FMA2(0, Z27, Z0, Z1)
	FMA2(8, Z28, Z3, Z4)
	FMA2(16, Z29, Z6, Z7)
	FMA2(24, Z30, Z9, Z10)
	FMA2(32, Z31, Z12, Z13)
	FMA2(40, Z27, Z15, Z16)
	FMA2(48, Z28, Z18, Z19)
	FMA2(56, Z29, Z21, Z22)
	ADDQ R8, BX
	ADDQ $64, AX
	DECQ CX
	JNZ  loop16
	JMP  store

	PCALIGN $32
loop8:
	VMOVUPD (BX), Z24
	FMA1(0, Z27, Z0)
	FMA1(8, Z28, Z3)
	FMA1(16, Z29, Z6)
	FMA1(24, Z30, Z9)
	FMA1(32, Z31, Z12)
	FMA1(40, Z27, Z15)
	FMA1(48, Z28, Z18)
	FMA1(56, Z29, Z21)
	ADDQ R8, BX
	ADDQ $64, AX
	DECQ CX
	JNZ  loop8

store:
	VBROADCASTSD alpha+64(FP), Z24
	VBROADCASTSD beta+72(FP), Z25
	MOVQ beta+72(FP), R12
	SHLQ $1, R12                // drops the sign: beta = -0 is zero too
	JZ   overwrite
	ADDROW(Z0, Z1, Z2)
	ADDROW(Z3, Z4, Z5)
	ADDROW(Z6, Z7, Z8)
	ADDROW(Z9, Z10, Z11)
	ADDROW(Z12, Z13, Z14)
	ADDROW(Z15, Z16, Z17)
	ADDROW(Z18, Z19, Z20)
	ADDROW(Z21, Z22, Z23)
	JMP  done

overwrite:
	SETROW(Z0, Z1, Z2)
	SETROW(Z3, Z4, Z5)
	SETROW(Z6, Z7, Z8)
	SETROW(Z9, Z10, Z11)
	SETROW(Z12, Z13, Z14)
	SETROW(Z15, Z16, Z17)
	SETROW(Z18, Z19, Z20)
	SETROW(Z21, Z22, Z23)

done:
	VZEROUPPER
	RET

#define SCALE3(off, x, y, z) \
	VBROADCASTSD off(AX), Z24 \
	VMULPD Z24, x, x \
	VMULPD Z24, y, y \
	VMULPD Z24, z, z

#define SUB3(off, u, v, w, x, y, z) \
	VBROADCASTSD off(AX), Z24 \
	VFNMADD231PD u, Z24, x \
	VFNMADD231PD v, Z24, y \
	VFNMADD231PD w, Z24, z

#define LOADROW(off, x, y, z) \
	VMOVUPD off(DI), x \
	VMOVUPD off+64(DI), y \
	VMOVUPD off+128(DI), z

#define STOREROW(off, x, y, z) \
	VMOVUPD x, off(DI) \
	VMOVUPD y, off+64(DI) \
	VMOVUPD z, off+128(DI)

// func trsm512(t, x *float64)
//
// Solves T Y = X in place: T 8 x 8 lower triangular, row-major, its diagonal
// already inverted; X 8 x 24 row-major.
TEXT ·trsm512(SB), NOSPLIT, $0-16
	MOVQ t+0(FP), AX
	MOVQ x+8(FP), DI
	LOADROW(0, Z0, Z1, Z2)
	LOADROW(192, Z3, Z4, Z5)
	LOADROW(384, Z6, Z7, Z8)
	LOADROW(576, Z9, Z10, Z11)
	LOADROW(768, Z12, Z13, Z14)
	LOADROW(960, Z15, Z16, Z17)
	LOADROW(1152, Z18, Z19, Z20)
	LOADROW(1344, Z21, Z22, Z23)

	SCALE3(0, Z0, Z1, Z2)
	SUB3(64, Z0, Z1, Z2, Z3, Z4, Z5)
	SUB3(128, Z0, Z1, Z2, Z6, Z7, Z8)
	SUB3(192, Z0, Z1, Z2, Z9, Z10, Z11)
	SUB3(256, Z0, Z1, Z2, Z12, Z13, Z14)
	SUB3(320, Z0, Z1, Z2, Z15, Z16, Z17)
	SUB3(384, Z0, Z1, Z2, Z18, Z19, Z20)
	SUB3(448, Z0, Z1, Z2, Z21, Z22, Z23)

	SCALE3(72, Z3, Z4, Z5)
	SUB3(136, Z3, Z4, Z5, Z6, Z7, Z8)
	SUB3(200, Z3, Z4, Z5, Z9, Z10, Z11)
	SUB3(264, Z3, Z4, Z5, Z12, Z13, Z14)
	SUB3(328, Z3, Z4, Z5, Z15, Z16, Z17)
	SUB3(392, Z3, Z4, Z5, Z18, Z19, Z20)
	SUB3(456, Z3, Z4, Z5, Z21, Z22, Z23)

	SCALE3(144, Z6, Z7, Z8)
	SUB3(208, Z6, Z7, Z8, Z9, Z10, Z11)
	SUB3(272, Z6, Z7, Z8, Z12, Z13, Z14)
	SUB3(336, Z6, Z7, Z8, Z15, Z16, Z17)
	SUB3(400, Z6, Z7, Z8, Z18, Z19, Z20)
	SUB3(464, Z6, Z7, Z8, Z21, Z22, Z23)

	SCALE3(216, Z9, Z10, Z11)
	SUB3(280, Z9, Z10, Z11, Z12, Z13, Z14)
	SUB3(344, Z9, Z10, Z11, Z15, Z16, Z17)
	SUB3(408, Z9, Z10, Z11, Z18, Z19, Z20)
	SUB3(472, Z9, Z10, Z11, Z21, Z22, Z23)

	SCALE3(288, Z12, Z13, Z14)
	SUB3(352, Z12, Z13, Z14, Z15, Z16, Z17)
	SUB3(416, Z12, Z13, Z14, Z18, Z19, Z20)
	SUB3(480, Z12, Z13, Z14, Z21, Z22, Z23)

	SCALE3(360, Z15, Z16, Z17)
	SUB3(424, Z15, Z16, Z17, Z18, Z19, Z20)
	SUB3(488, Z15, Z16, Z17, Z21, Z22, Z23)

	SCALE3(432, Z18, Z19, Z20)
	SUB3(496, Z18, Z19, Z20, Z21, Z22, Z23)

	SCALE3(504, Z21, Z22, Z23)

	STOREROW(0, Z0, Z1, Z2)
	STOREROW(192, Z3, Z4, Z5)
	STOREROW(384, Z6, Z7, Z8)
	STOREROW(576, Z9, Z10, Z11)
	STOREROW(768, Z12, Z13, Z14)
	STOREROW(960, Z15, Z16, Z17)
	STOREROW(1152, Z18, Z19, Z20)
	STOREROW(1344, Z21, Z22, Z23)
	VZEROUPPER
	RET
