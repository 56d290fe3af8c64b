(* A checker of restricted certificates (loss squares) that runs in Coq: exact integers, all numbers scaled by S (a power of two). *)
From Coq Require Import Reals List Lra Lia ZArith Bool.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound.
Import ListNotations.

Record cert := Cert { rows : nat; cols : nat; scale : Z; xs : list (list Z); ys : list Z; with_intercept : bool; beta : Z;
  nus : list Z; bound : Z; patterns : list (list bool * (list Z * list Z)) }.

Open Scope Z_scope.
Fixpoint zsum (l : list nat) (f : nat -> Z) : Z := match l with [] => 0 | a :: l' => f a + zsum l' f end.
Definition zx c i j := nth j (nth i (xs c) []) 0.
Definition zact (p : list bool) i : Z := if nth i p false then 1 else 0.
Definition zcorr (p : list bool) (s : Z) (nu mu : list Z) i : Z := s * (zact p i * nth i nu 0) + (2 * zact p i - 1) * nth i mu 0.
Definition check_side c p s mu : bool :=
  forallb (fun i => 0 <=? nth i mu 0) (seq 0 (rows c)) &&
  (zsum (seq 0 (cols c)) (fun j => let t := zsum (seq 0 (rows c)) (fun i => zx c i j * zcorr p s (nus c) mu i) in t * t)
     <=? (Z.of_nat (rows c) * beta c * scale c) * (Z.of_nat (rows c) * beta c * scale c)).
Definition check c : bool :=
  (0 <? scale c) && (0 <? Z.of_nat (rows c)) && (0 <=? beta c) &&
  (if with_intercept c then zsum (seq 0 (rows c)) (fun i => nth i (nus c) 0) =? 0 else true) &&
  forallb (fun q => check_side c (fst q) 1 (fst (snd q)) && check_side c (fst q) (-1) (snd (snd q))) (patterns c) &&
  (2 * Z.of_nat (rows c) * bound c * scale c <=?
     2 * zsum (seq 0 (rows c)) (fun i => nth i (nus c) 0 * nth i (ys c) 0) - zsum (seq 0 (rows c)) (fun i => nth i (nus c) 0 * nth i (nus c) 0)).
Close Scope Z_scope.
Open Scope R_scope.

Section Sound.
Variable c : cert.
Notation S := (scale c).
Definition r (z : Z) : R := IZR z / IZR S.
Definition rX (i j : nat) : R := r (zx c i j).
Definition rY (i : nat) : R := r (nth i (ys c) 0%Z).
Definition rNu (i : nat) : R := r (nth i (nus c) 0%Z).
Definition rFamily (k : nat) : pattern := fun i => nth i (fst (nth k (patterns c) ([], ([], [])))) false.

Lemma IZR_zsum l f : IZR (zsum l f) = lsum l (fun a => IZR (f a)).
Proof. induction l as [|a l IH]; simpl; [reflexivity|]. now rewrite plus_IZR, IH. Qed.

Hypothesis S_pos : (0 < S)%Z.
Lemma Sr : 0 < IZR S. Proof. now apply IZR_lt. Qed.

Lemma corrected_scaled p s mu i :
  corrected (fun i => nth i p false) (IZR s) rNu (fun i => r (nth i mu 0%Z)) i = r (zcorr p s (nus c) mu i).
Proof.
  unfold corrected, zcorr, rNu, r, side, active, zact. assert (h := Sr).
  destruct (nth i p false); rewrite ?plus_IZR, ?mult_IZR, ?minus_IZR, ?mult_IZR; simpl; field; lra.
Qed.

Lemma side_sound p s mu : (0 <= beta c)%Z -> check_side c p s mu = true ->
  multiplier (rows c) (cols c) rX (fun i => nth i p false) (IZR s) (INR (rows c) * r (beta c)) rNu (fun i => r (nth i mu 0%Z)).
Proof.
  intros Hb H. apply andb_prop in H. destruct H as [H1 H2]. assert (h := Sr). assert (Hi : 0 < / IZR S) by now apply Rinv_0_lt_compat. split.
  - intros i Hi'. rewrite forallb_forall in H1. assert (k := H1 i (proj2 (in_below _ _) Hi')). apply Z.leb_le in k.
    unfold r, Rdiv. apply Rmult_le_pos; [now apply IZR_le | lra].
  - apply Z.leb_le, IZR_le in H2. rewrite IZR_zsum in H2. set (m := INR (rows c) * r (beta c)).
    assert (Hm : 0 <= m) by (unfold m, r, Rdiv; apply Rmult_le_pos; [apply pos_INR | apply Rmult_le_pos; [now apply IZR_le | lra]]).
    unfold norm. rewrite <- (sqrt_square m Hm). apply sqrt_le_1_alt.
    set (T := fun j => zsum (seq 0 (rows c)) (fun i => (zx c i j * zcorr p s (nus c) mu i)%Z)) in *.
    assert (Hadj : forall j, adjoint (rows c) rX (corrected (fun i => nth i p false) (IZR s) rNu (fun i => r (nth i mu 0%Z))) j = IZR (T j) * (/ IZR S * / IZR S)).
    { intros j. unfold adjoint, T, sum. rewrite IZR_zsum, <- lsum_scal_r. apply lsum_ext. intros i _. rewrite corrected_scaled, mult_IZR.
      unfold rX, r, Rdiv. ring. }
    assert (Hn : norm2 (cols c) (adjoint (rows c) rX (corrected (fun i => nth i p false) (IZR s) rNu (fun i => r (nth i mu 0%Z))))
                 = lsum (seq 0 (cols c)) (fun j => IZR (T j * T j)) * (/ IZR S * / IZR S * (/ IZR S * / IZR S))).
    { unfold norm2, dot, sum. rewrite <- lsum_scal_r. apply lsum_ext. intros j _. rewrite !Hadj, mult_IZR. ring. }
    rewrite Hn. eapply Rle_trans; [apply Rmult_le_compat_r; [|exact H2]|].
    + assert (0 < / IZR S * / IZR S) by (apply Rmult_lt_0_compat; lra). apply Rlt_le, Rmult_lt_0_compat; lra.
    + right. unfold m, r. rewrite !mult_IZR, <- INR_IZR_INZ. field. lra.
Qed.

Theorem check_sound const ns : check c = true ->
  constant_allowed (with_intercept c) const ->
  (forall v, In v ns -> exists k, (k < length (patterns c))%nat /\ in_cone (rows c) (cols c) rX (rFamily k) (weight v)) ->
  r (bound c) <= training (cols c) rX (squares (rows c) rY) (r (beta c)) const ns.
Proof.
  intros H Hc Hns. unfold check in H. repeat (apply andb_prop in H; destruct H as [H ?]).
  rename H0 into Hbound, H1 into Hpat, H2 into Hint, H3 into Hbeta, H4 into Hn.
  apply Z.ltb_lt in Hn. apply Z.leb_le in Hbeta. apply Z.leb_le, IZR_le in Hbound.
  assert (h := Sr). assert (Hi : 0 < / IZR S) by now apply Rinv_0_lt_compat.
  assert (Hnn : (0 < rows c)%nat) by lia. assert (HN : 0 < INR (rows c)) by now apply lt_0_INR.
  apply (restricted_training_bound (rows c) (cols c) rX Hnn) with (P := length (patterns c)) (family := rFamily) (intercept := with_intercept c) (nu := rNu); auto.
  - unfold r, Rdiv. apply Rmult_le_pos; [now apply IZR_le | lra].
  - intros z. eapply Rle_trans; [|apply squares_conjugate; exact Hnn].
    unfold dual_squares. rewrite minus_IZR, !mult_IZR, <- INR_IZR_INZ, !IZR_zsum in Hbound.
    assert (E1 : sum (rows c) (fun i => rNu i * rY i) = lsum (seq 0 (rows c)) (fun i => IZR (nth i (nus c) 0 * nth i (ys c) 0)%Z) * (/ IZR S * / IZR S)).
    { unfold sum. rewrite <- lsum_scal_r. apply lsum_ext. intros i _. rewrite mult_IZR. unfold rNu, rY, r, Rdiv. ring. }
    assert (E2 : sum (rows c) (fun i => rNu i * rNu i) = lsum (seq 0 (rows c)) (fun i => IZR (nth i (nus c) 0 * nth i (nus c) 0)%Z) * (/ IZR S * / IZR S)).
    { unfold sum. rewrite <- lsum_scal_r. apply lsum_ext. intros i _. rewrite mult_IZR. unfold rNu, r, Rdiv. ring. }
    set (A := lsum _ _) in *. set (B := lsum (seq 0 (rows c)) (fun i => IZR (nth i (nus c) 0 * nth i (nus c) 0)%Z)) in *.
    match goal with |- _ <= ?t => replace t with ((2 * A - B) * (/ IZR S * / IZR S) / (2 * INR (rows c))) end.
    + unfold r. apply Rmult_le_reg_r with (2 * INR (rows c) * (IZR S * IZR S)); [apply Rmult_lt_0_compat; [lra|]; apply Rmult_lt_0_compat; lra|].
      replace ((2 * A - B) * (/ IZR S * / IZR S) / (2 * INR (rows c)) * (2 * INR (rows c) * (IZR S * IZR S))) with (2 * A - B) by (field; lra).
      replace (IZR (bound c) / IZR S * (2 * INR (rows c) * (IZR S * IZR S))) with (2 * INR (rows c) * IZR (bound c) * IZR S) by (field; lra). exact Hbound.
    + match goal with |- ?l = ?t => idtac t end.
      try (rewrite E1); try (rewrite E2); try (rewrite (sum_ext (rows c) _ (fun i => rNu i * rNu i)) by (intros; ring)); try rewrite E2; field; lra.
  - unfold balanced. destruct (with_intercept c); [|exact I]. apply Z.eqb_eq in Hint.
    assert (E : sum (rows c) rNu = IZR (zsum (seq 0 (rows c)) (fun i => nth i (nus c) 0%Z)) * / IZR S).
    { rewrite IZR_zsum. unfold sum. rewrite <- lsum_scal_r. apply lsum_ext. intros i _. reflexivity. }
    rewrite E, Hint. ring.
  - intros k s Hk Hs. rewrite forallb_forall in Hpat. assert (Hq := Hpat _ (nth_In (patterns c) ([], ([], [])) Hk)).
    apply andb_prop in Hq. destruct Hq as [Hq1 Hq2]. destruct Hs as [-> | ->].
    + eexists. apply (side_sound _ 1%Z _ Hbeta Hq1).
    + eexists. apply (side_sound _ (-1)%Z _ Hbeta Hq2).
Qed.
End Sound.
