#include "textflag.h"

// The 4 x 12 tile of C lives in Y0..Y11: row i is Y(3i), Y(3i+1), Y(3i+2).
// Every entry is one chain of fused multiply-adds in ascending k: the same
// operations in the same order as in the AVX-512 kernel.

#define FMA3(off, x, y, z) \
	VBROADCASTSD off(AX), Y15 \
	VFMADD231PD Y12, Y15, x \
	VFMADD231PD Y13, Y15, y \
	VFMADD231PD Y14, Y15, z

// C = alpha*acc + beta*C; Y12 alpha, Y13 beta.
#define ADD4(off, acc) \
	VMULPD off(DI), Y13, Y14 \
	VMULPD Y12, acc, acc \
	VADDPD Y14, acc, acc \
	VMOVUPD acc, off(DI)

// C = alpha*acc: C is not read (it may hold NaN).
#define SET4(off, acc) \
	VMULPD Y12, acc, acc \
	VMOVUPD acc, off(DI)

#define ADDROW(x, y, z) \
	ADD4(0, x) \
	ADD4(32, y) \
	ADD4(64, z) \
	DECQ R10 \
	JZ   done \
	ADDQ R9, DI

#define SETROW(x, y, z) \
	SET4(0, x) \
	SET4(32, y) \
	SET4(64, z) \
	DECQ R10 \
	JZ   done \
	ADDQ R9, DI

// func gemm256(k int, a, b *float64, ldb int, c *float64, ldc, rows int, alpha, beta float64)
TEXT ·gemm256(SB), NOSPLIT, $0-72
	MOVQ k+0(FP), CX
	MOVQ a+8(FP), AX
	MOVQ b+16(FP), BX
	MOVQ ldb+24(FP), R8
	MOVQ c+32(FP), DI
	MOVQ ldc+40(FP), R9
	MOVQ rows+48(FP), R10
	SHLQ $3, R8
	SHLQ $3, R9
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y4, Y4, Y4
	VXORPD Y5, Y5, Y5
	VXORPD Y6, Y6, Y6
	VXORPD Y7, Y7, Y7
	VXORPD Y8, Y8, Y8
	VXORPD Y9, Y9, Y9
	VXORPD Y10, Y10, Y10
	VXORPD Y11, Y11, Y11
	TESTQ CX, CX
	JZ    store

	PCALIGN $32
loop:
	VMOVUPD (BX), Y12
	VMOVUPD 32(BX), Y13
	VMOVUPD 64(BX), Y14
	FMA3(0, Y0, Y1, Y2)
	FMA3(8, Y3, Y4, Y5)
	FMA3(16, Y6, Y7, Y8)
	FMA3(24, Y9, Y10, Y11)
	ADDQ R8, BX
	ADDQ $32, AX
	DECQ CX
	JNZ  loop

store:
	VBROADCASTSD alpha+56(FP), Y12
	VBROADCASTSD beta+64(FP), Y13
	MOVQ beta+64(FP), R12
	SHLQ $1, R12                // drops the sign: beta = -0 is zero too
	JZ   overwrite
	ADDROW(Y0, Y1, Y2)
	ADDROW(Y3, Y4, Y5)
	ADDROW(Y6, Y7, Y8)
	ADDROW(Y9, Y10, Y11)
	JMP  done

overwrite:
	SETROW(Y0, Y1, Y2)
	SETROW(Y3, Y4, Y5)
	SETROW(Y6, Y7, Y8)
	SETROW(Y9, Y10, Y11)

done:
	VZEROUPPER
	RET

#define SCALE3(off, x, y, z) \
	VBROADCASTSD off(AX), Y12 \
	VMULPD Y12, x, x \
	VMULPD Y12, y, y \
	VMULPD Y12, z, z

#define SUB3(off, u, v, w, x, y, z) \
	VBROADCASTSD off(AX), Y12 \
	VFNMADD231PD u, Y12, x \
	VFNMADD231PD v, Y12, y \
	VFNMADD231PD w, Y12, z

#define LOADROW(off, x, y, z) \
	VMOVUPD off(DI), x \
	VMOVUPD off+32(DI), y \
	VMOVUPD off+64(DI), z

#define STOREROW(off, x, y, z) \
	VMOVUPD x, off(DI) \
	VMOVUPD y, off+32(DI) \
	VMOVUPD z, off+64(DI)

// Subtracts from the four rows in Y0..Y11 the multiples of a solved row of X,
// which is read from memory; off is the first of them in a column of T.
#define ELIMINATE(row, off) \
	LOADROW(row, Y12, Y13, Y14) \
	VBROADCASTSD off(AX), Y15 \
	VFNMADD231PD Y12, Y15, Y0 \
	VFNMADD231PD Y13, Y15, Y1 \
	VFNMADD231PD Y14, Y15, Y2 \
	VBROADCASTSD off+64(AX), Y15 \
	VFNMADD231PD Y12, Y15, Y3 \
	VFNMADD231PD Y13, Y15, Y4 \
	VFNMADD231PD Y14, Y15, Y5 \
	VBROADCASTSD off+128(AX), Y15 \
	VFNMADD231PD Y12, Y15, Y6 \
	VFNMADD231PD Y13, Y15, Y7 \
	VFNMADD231PD Y14, Y15, Y8 \
	VBROADCASTSD off+192(AX), Y15 \
	VFNMADD231PD Y12, Y15, Y9 \
	VFNMADD231PD Y13, Y15, Y10 \
	VFNMADD231PD Y14, Y15, Y11

// Solves for the four rows in Y0..Y11 with the 4 x 4 triangle whose rows, 64
// bytes apart, start at off.
#define SOLVE4(off) \
	SCALE3(off, Y0, Y1, Y2) \
	SUB3(off+64, Y0, Y1, Y2, Y3, Y4, Y5) \
	SUB3(off+128, Y0, Y1, Y2, Y6, Y7, Y8) \
	SUB3(off+192, Y0, Y1, Y2, Y9, Y10, Y11) \
	SCALE3(off+72, Y3, Y4, Y5) \
	SUB3(off+136, Y3, Y4, Y5, Y6, Y7, Y8) \
	SUB3(off+200, Y3, Y4, Y5, Y9, Y10, Y11) \
	SCALE3(off+144, Y6, Y7, Y8) \
	SUB3(off+208, Y6, Y7, Y8, Y9, Y10, Y11) \
	SCALE3(off+216, Y9, Y10, Y11)

// func trsm256(t, x *float64)
//
// Solves T Y = X in place: T 8 x 8 lower triangular, row-major, its diagonal
// already inverted; X 8 x 12 row-major. An entry is reduced by the solved rows
// in ascending order, as in the AVX-512 kernel.
TEXT ·trsm256(SB), NOSPLIT, $0-16
	MOVQ t+0(FP), AX
	MOVQ x+8(FP), DI
	LOADROW(0, Y0, Y1, Y2)
	LOADROW(96, Y3, Y4, Y5)
	LOADROW(192, Y6, Y7, Y8)
	LOADROW(288, Y9, Y10, Y11)
	SOLVE4(0)
	STOREROW(0, Y0, Y1, Y2)
	STOREROW(96, Y3, Y4, Y5)
	STOREROW(192, Y6, Y7, Y8)
	STOREROW(288, Y9, Y10, Y11)

	LOADROW(384, Y0, Y1, Y2)
	LOADROW(480, Y3, Y4, Y5)
	LOADROW(576, Y6, Y7, Y8)
	LOADROW(672, Y9, Y10, Y11)
	ELIMINATE(0, 256)
	ELIMINATE(96, 264)
	ELIMINATE(192, 272)
	ELIMINATE(288, 280)
	SOLVE4(288)
	STOREROW(384, Y0, Y1, Y2)
	STOREROW(480, Y3, Y4, Y5)
	STOREROW(576, Y6, Y7, Y8)
	STOREROW(672, Y9, Y10, Y11)
	VZEROUPPER
	RET

// func transpose4(blocks int, src *float64, lds, srcStep int, dst *float64, ldd, dstStep int)
//
// Transposes blocks of 4 x 4: block t is read at src + t*srcStep (rows lds
// apart) and written at dst + t*dstStep (rows ldd apart).
TEXT ·transpose4(SB), NOSPLIT, $0-56
	MOVQ blocks+0(FP), CX
	MOVQ src+8(FP), SI
	MOVQ lds+16(FP), R8
	MOVQ srcStep+24(FP), R9
	MOVQ dst+32(FP), DI
	MOVQ ldd+40(FP), R10
	MOVQ dstStep+48(FP), R11
	SHLQ $3, R8
	SHLQ $3, R9
	SHLQ $3, R10
	SHLQ $3, R11
	LEAQ (R8)(R8*2), R12
	LEAQ (R10)(R10*2), R13
	TESTQ CX, CX
	JZ    end

block:
	VMOVUPD (SI), Y0
	VMOVUPD (SI)(R8*1), Y1
	VMOVUPD (SI)(R8*2), Y2
	VMOVUPD (SI)(R12*1), Y3
	VUNPCKLPD Y1, Y0, Y4
	VUNPCKHPD Y1, Y0, Y5
	VUNPCKLPD Y3, Y2, Y6
	VUNPCKHPD Y3, Y2, Y7
	VPERM2F128 $0x20, Y6, Y4, Y0
	VPERM2F128 $0x20, Y7, Y5, Y1
	VPERM2F128 $0x31, Y6, Y4, Y2
	VPERM2F128 $0x31, Y7, Y5, Y3
	VMOVUPD Y0, (DI)
	VMOVUPD Y1, (DI)(R10*1)
	VMOVUPD Y2, (DI)(R10*2)
	VMOVUPD Y3, (DI)(R13*1)
	ADDQ R9, SI
	ADDQ R11, DI
	DECQ CX
	JNZ  block

end:
	VZEROUPPER
	RET

// func copyRows4(rows int, src *float64, lds int, dst *float64, ldd, quads int)
//
// Copies rows x 4*quads numbers, quads >= 1.
TEXT ·copyRows4(SB), NOSPLIT, $0-48
	MOVQ rows+0(FP), CX
	MOVQ src+8(FP), SI
	MOVQ lds+16(FP), R8
	MOVQ dst+24(FP), DI
	MOVQ ldd+32(FP), R9
	MOVQ quads+40(FP), R10
	SHLQ $3, R8
	SHLQ $3, R9
	SHLQ $5, R10
	TESTQ CX, CX
	JZ    end

row:
	XORQ AX, AX

quad:
	VMOVUPD (SI)(AX*1), Y0
	VMOVUPD Y0, (DI)(AX*1)
	ADDQ $32, AX
	CMPQ AX, R10
	JLT  quad
	ADDQ R8, SI
	ADDQ R9, DI
	DECQ CX
	JNZ  row

end:
	VZEROUPPER
	RET
