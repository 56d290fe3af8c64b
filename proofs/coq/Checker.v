(** * A checker of restricted certificates that runs in Coq

    All numbers of a certificate are integers over one scale, a power of two, so that what is computed is exact.
    [check] computes, [check_sound] and [check_gated_sound] say what it shows; [multigrade export --format coq] writes a
    certificate as a theorem that they prove. *)

From Coq Require Import Reals List Lra Lia ZArith Bool.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound Losses Logarithm.
Import ListNotations.

(** The losses, with their parameters over the scale. *)
Inductive data_term := Squares | HuberOf (threshold : Z) | Absolute | QuantileOf (level : Z) | MaximumOf | HingeOf | MonotoneOf | LogisticOf.

(** A row of X with its target and its dual variable. *)
Record point := Point { px : list Z; py : Z; pnu : Z }.

Record cert := Cert { points : list point; cols : nat; scale : Z; loss : data_term; offset : list Z; with_intercept : bool; beta : Z; bound : Z;
  patterns : list (list bool * (list Z * list Z)) }.
(* the offset of the rows, none where the list ends; of patterns bits of the rows, multipliers of the signs 1 and -1 *)

(** ** What is computed *)

Open Scope Z_scope.
Fixpoint zlsum {A : Type} (l : list A) (f : A -> Z) : Z := match l with [] => 0 | a :: l' => f a + zlsum l' f end.

Definition act (b : bool) : Z := if b then 1 else 0.
Definition zcorr (s : Z) (q : point * (bool * Z)) : Z :=
  let '(p, (b, m)) := q in s * (act b * pnu p) + (2 * act b - 1) * m.
Definition marked (c : cert) (bits : list bool) (mu : list Z) := combine (points c) (combine bits mu).
Definition radius c := Z.of_nat (length (points c)) * beta c * scale c.

Definition check_side c bits s mu : bool :=
  Nat.eqb (length bits) (length (points c)) && Nat.eqb (length mu) (length (points c)) && forallb (Z.leb 0) mu &&
  (zlsum (seq 0 (cols c)) (fun j => let t := zlsum (marked c bits mu) (fun q => nth j (px (fst q)) 0 * zcorr s q) in t * t)
     <=? radius c * radius c).

Definition check_patterns c : bool :=
  forallb (fun q => check_side c (fst q) 1 (fst (snd q)) && check_side c (fst q) (-1) (snd (snd q))) (patterns c).
Definition check_gates c : bool := forallb (fun q => check_side c (fst q) 1 (repeat 0 (length (points c)))) (patterns c).

Definition in_domain (l : data_term) (S : Z) (p : point) : bool :=
  match l with
  | Squares | MaximumOf | MonotoneOf => true
  | HuberOf t => Z.abs (pnu p) <=? t
  | Absolute => Z.abs (pnu p) <=? S
  | QuantileOf q => (q - S <=? pnu p) && (pnu p <=? q)
  | HingeOf | LogisticOf => (Z.abs (py p) =? S) && (0 <=? pnu p * py p) && (pnu p * py p <=? S * S)
  end.
(** Of logistic a lower bound, over the square of the scale: that should be far above 1. *)
Definition twice_dual (l : data_term) (S : Z) (p : point) : Z :=
  match l with
  | Squares | HuberOf _ => 2 * (pnu p * py p) - pnu p * pnu p
  | MonotoneOf => if Z.abs (pnu p) <=? Z.abs (py p) then 2 * (pnu p * py p) - pnu p * pnu p
                  else 2 * (pnu p * py p) + py p * py p - 2 * (Z.abs (pnu p) * Z.abs (py p))
  | LogisticOf => twice_entropy_below (Z.abs (pnu p)) S
  | _ => 2 * (pnu p * py p)
  end.
(** nu'o. *)
Fixpoint shift (l : list point) (o : list Z) : Z := match l, o with p :: l', a :: o' => pnu p * a + shift l' o' | _, _ => 0 end.
Definition check_dual c : bool :=
  (0 <? scale c) && Nat.ltb 0 (length (points c)) && (0 <=? beta c) &&
  (if with_intercept c then zlsum (points c) pnu =? 0 else true) &&
  forallb (in_domain (loss c) (scale c)) (points c) &&
  (match loss c with MaximumOf => zlsum (points c) (fun p => Z.abs (pnu p)) <=? Z.of_nat (length (points c)) * scale c | _ => true end) &&
  (2 * Z.of_nat (length (points c)) * bound c * scale c <=?
     zlsum (points c) (twice_dual (loss c) (scale c)) - 2 * shift (points c) (offset c)).

Definition check c : bool := check_dual c && check_patterns c.
Definition check_gated c : bool := check_dual c && check_gates c.
Close Scope Z_scope.
Open Scope R_scope.

(** ** What it means *)

Lemma IZR_zlsum {A} (l : list A) f : IZR (zlsum l f) = lsum l (fun a => IZR (f a)).
Proof. induction l as [|a l IH]; simpl; [reflexivity|]. now rewrite plus_IZR, IH. Qed.

(** A sum over a list is one over its positions. *)
Lemma lsum_nth {A} (l : list A) (d : A) f : lsum l f = lsum (seq 0 (length l)) (fun i => f (nth i l d)).
Proof.
  induction l as [|a l IH]; [reflexivity|]. simpl. rewrite IH. f_equal. rewrite <- seq_shift.
  clear IH. generalize (seq 0 (length l)) as s. induction s as [|i s IHs]; simpl; [reflexivity|]. now rewrite IHs.
Qed.

Section Meaning.
Variable c : cert.
Notation S := (scale c).
Notation n := (length (points c)).
Definition no_point := Point [] 0 0.
Definition r (z : Z) : R := IZR z / IZR S.
Definition rX (i j : nat) : R := r (nth j (px (nth i (points c) no_point)) 0%Z).
Definition rY (i : nat) : R := r (py (nth i (points c) no_point)).
Definition rNu (i : nat) : R := r (pnu (nth i (points c) no_point)).
Definition rFamily (k : nat) : pattern := fun i => nth i (fst (nth k (patterns c) ([], ([], [])))) false.

Definition rO (i : nat) : R := r (nth i (offset c) 0%Z).

(** The data term, of a prediction z; that of the program is of z + o. That of [MonotoneOf] is squares within the box (Losses.boxed_is_squares). *)
Definition rTerm : (nat -> R) -> R :=
  match loss c with
  | Squares => squares n rY
  | HuberOf t => huber n rY (r t)
  | Absolute => absolute n rY
  | QuantileOf q => quantile n rY (r q)
  | MaximumOf => fun z => maximum (fun i => z i - rY i) n
  | HingeOf => hinge n rY
  | LogisticOf => logistic n rY
  | MonotoneOf => boxed n rY rNu
  end.
Definition rLoss (z : nat -> R) : R := rTerm (fun i => z i + rO i).

Hypothesis S_pos : (0 < S)%Z.
Lemma Sr : 0 < IZR S. Proof. now apply IZR_lt. Qed.
Lemma r_le a b : (a <= b)%Z -> r a <= r b.
Proof. intros H. assert (h := Sr). unfold r, Rdiv. apply Rmult_le_compat_r; [now apply Rlt_le, Rinv_0_lt_compat | now apply IZR_le]. Qed.
Lemma r_nonneg a : (0 <= a)%Z -> 0 <= r a.
Proof. intros H. replace 0 with (r 0) by (unfold r; lra). now apply r_le. Qed.
Lemma r_scale : r S = 1. Proof. unfold r. field. assert (h := Sr). lra. Qed.
Lemma r_minus a b : r (a - b) = r a - r b.
Proof. unfold r. rewrite minus_IZR. lra. Qed.
Lemma r_abs a : r (Z.abs a) = Rabs (r a).
Proof.
  assert (h := Sr). unfold r, Rdiv. rewrite abs_IZR, Rabs_mult, Rabs_inv. do 2 f_equal. symmetry. apply Rabs_pos_eq. lra.
Qed.
Lemma r_mult a b : r a * r b = IZR (a * b) * (/ IZR S * / IZR S).
Proof. unfold r, Rdiv. rewrite mult_IZR. ring. Qed.

(** ** The cones *)

Lemma marked_length bits mu : length bits = n -> length mu = n -> length (marked c bits mu) = n.
Proof. intros Hb Hm. unfold marked. rewrite combine_length, combine_length, Hb, Hm. now rewrite !Nat.min_id. Qed.

Lemma marked_nth bits mu i : length bits = n -> length mu = n ->
  nth i (marked c bits mu) (no_point, (false, 0%Z)) = (nth i (points c) no_point, (nth i bits false, nth i mu 0%Z)).
Proof.
  intros Hb Hm. unfold marked. rewrite combine_nth by (rewrite combine_length, Hb, Hm, Nat.min_id; reflexivity).
  f_equal. apply combine_nth. now rewrite Hb, Hm.
Qed.

Lemma corrected_scaled bits s mu i : length bits = n -> length mu = n ->
  corrected (fun i => nth i bits false) (IZR s) rNu (fun i => r (nth i mu 0%Z)) i
  = r (zcorr s (nth i (marked c bits mu) (no_point, (false, 0%Z)))).
Proof.
  intros Hb Hm. rewrite marked_nth by assumption. unfold corrected, zcorr, rNu, r, side, active, act. assert (h := Sr).
  destruct (nth i bits false); rewrite ?plus_IZR, ?mult_IZR, ?minus_IZR, ?mult_IZR; simpl; field; lra.
Qed.

Lemma side_sound bits s mu : (0 <= beta c)%Z -> check_side c bits s mu = true ->
  multiplier n (cols c) rX (fun i => nth i bits false) (IZR s) (INR n * r (beta c)) rNu (fun i => r (nth i mu 0%Z)).
Proof.
  intros Hb H. unfold check_side in H. repeat (apply andb_prop in H; destruct H as [H ?]).
  rename H into Hbits, H0 into Hnorm, H1 into Hmu, H2 into Hlen.
  apply Nat.eqb_eq in Hbits, Hlen. assert (h := Sr). assert (Hi : 0 < / IZR S) by now apply Rinv_0_lt_compat. split.
  - intros i Hn. rewrite forallb_forall in Hmu. apply r_nonneg, Z.leb_le, Hmu, nth_In. lia.
  - apply Z.leb_le, IZR_le in Hnorm. rewrite IZR_zlsum in Hnorm. set (m := INR n * r (beta c)).
    assert (Hm : 0 <= m) by (apply Rmult_le_pos; [apply pos_INR | now apply r_nonneg]).
    unfold norm. rewrite <- (sqrt_square m Hm). apply sqrt_le_1_alt.
    set (q := marked c bits mu) in *. set (T := fun j => zlsum q (fun a => (nth j (px (fst a)) 0 * zcorr s a)%Z)) in *.
    assert (Hadj : forall j, adjoint n rX (corrected (fun i => nth i bits false) (IZR s) rNu (fun i => r (nth i mu 0%Z))) j
                             = IZR (T j) * (/ IZR S * / IZR S)).
    { intros j. unfold adjoint, T, sum. rewrite IZR_zlsum, (lsum_nth q (no_point, (false, 0%Z))).
      replace (length q) with n by (symmetry; now apply marked_length). rewrite <- lsum_scal_r. apply lsum_ext. intros i _.
      assert (E : fst (nth i q (no_point, (false, 0%Z))) = nth i (points c) no_point) by (unfold q; now rewrite marked_nth).
      rewrite corrected_scaled by assumption. fold q. rewrite E. unfold rX. apply r_mult. }
    assert (Hn : norm2 (cols c) (adjoint n rX (corrected (fun i => nth i bits false) (IZR s) rNu (fun i => r (nth i mu 0%Z))))
                 = lsum (seq 0 (cols c)) (fun j => IZR (T j * T j)) * (/ IZR S * / IZR S * (/ IZR S * / IZR S))).
    { unfold norm2, dot, sum. rewrite <- lsum_scal_r. apply lsum_ext. intros j _. rewrite !Hadj, mult_IZR. ring. }
    rewrite Hn. eapply Rle_trans; [apply Rmult_le_compat_r; [|exact Hnorm]|].
    + assert (0 < / IZR S * / IZR S) by (apply Rmult_lt_0_compat; lra). apply Rlt_le, Rmult_lt_0_compat; lra.
    + right. unfold m, r, radius. rewrite !mult_IZR, <- INR_IZR_INZ. field. lra.
Qed.

(** ** The dual function *)

Lemma lsum_points f : lsum (points c) f = sum n (fun i => f (nth i (points c) no_point)).
Proof. unfold sum. apply lsum_nth. Qed.

(** Half the mean of what [twice_dual] is over the scale. *)
Definition rDual : R := / INR n * sum n (fun i => IZR (twice_dual (loss c) S (nth i (points c) no_point)) * (/ IZR S * / IZR S) / 2).

Lemma conjugate_ext F nu nu' D D' : (forall i, (i < n)%nat -> nu i = nu' i) -> D = D' ->
  conjugate_bound n F nu D -> conjugate_bound n F nu' D'.
Proof.
  intros Hnu <- H z. specialize (H z). rewrite (sum_ext n _ (fun i => nu' i * z i)) in H; [exact H|].
  intros i Hi. now rewrite Hnu.
Qed.

Lemma at_point (f : point -> bool) i : forallb f (points c) = true -> (i < n)%nat -> f (nth i (points c) no_point) = true.
Proof. intros H Hi. rewrite forallb_forall in H. apply H, nth_In. exact Hi. Qed.

Lemma linear_dual : (forall p, twice_dual (loss c) S p = (2 * (pnu p * py p))%Z) -> / INR n * sum n (fun i => rNu i * rY i) = rDual.
Proof.
  intros H. unfold rDual. f_equal. apply sum_ext. intros i _. rewrite H. unfold rNu, rY. rewrite r_mult, (mult_IZR 2). lra.
Qed.

Lemma quadratic_dual : (forall p, twice_dual (loss c) S p = (2 * (pnu p * py p) - pnu p * pnu p)%Z) ->
  / INR n * sum n (fun i => rNu i * rY i - rNu i * rNu i / 2) = rDual.
Proof.
  intros H. unfold rDual. f_equal. apply sum_ext. intros i _. rewrite H. unfold rNu, rY. rewrite !r_mult, minus_IZR, (mult_IZR 2). lra.
Qed.

Lemma label_domain i : in_domain HingeOf S (nth i (points c) no_point) = true -> rY i * rY i = 1 /\ 0 <= rNu i * rY i <= 1.
Proof.
  intros Hd. unfold in_domain in Hd.
  repeat (apply andb_prop in Hd; destruct Hd as [Hd ?]).
  apply Z.eqb_eq in Hd. apply Z.leb_le, IZR_le in H. apply Z.leb_le, IZR_le in H0. assert (h := Sr).
  assert (Hi' : 0 < / IZR S) by now apply Rinv_0_lt_compat.
  assert (Hone : IZR (S * S) * (/ IZR S * / IZR S) = 1) by (rewrite mult_IZR; field; lra). split.
  - unfold rY. rewrite r_mult. replace (py _ * py _)%Z with (S * S)%Z by (rewrite <- Hd; apply Z.abs_square). exact Hone.
  - unfold rNu, rY. rewrite r_mult. split; [apply Rmult_le_pos; [exact H0|] | rewrite <- Hone; apply Rmult_le_compat_r; [|exact H]];
      apply Rlt_le, Rmult_lt_0_compat; exact Hi'.
Qed.

(** nu y is |nu| where it is not negative and y = 1 or -1. *)
Lemma label_product i : in_domain HingeOf S (nth i (points c) no_point) = true ->
  rNu i * rY i = r (Z.abs (pnu (nth i (points c) no_point))) /\ (0 <= Z.abs (pnu (nth i (points c) no_point)) <= S)%Z.
Proof.
  intros Hd. destruct (label_domain i Hd) as [_ [H0 H1]]. rewrite r_abs. fold (rNu i).
  assert (Hy : Rabs (rY i) = 1).
  { unfold in_domain in Hd. repeat (apply andb_prop in Hd; destruct Hd as [Hd _]). apply Z.eqb_eq in Hd.
    unfold rY. rewrite <- r_abs, Hd. apply r_scale. }
  assert (E : rNu i * rY i = Rabs (rNu i)) by (rewrite <- (Rabs_pos_eq _ H0), Rabs_mult, Hy; ring). split; [exact E|].
  split; [apply Z.abs_nonneg|]. rewrite E in H1. unfold rNu in H1. rewrite <- r_abs, <- r_scale in H1.
  assert (h := Sr). unfold r, Rdiv in H1. apply Rmult_le_reg_r in H1; [now apply le_IZR | now apply Rinv_0_lt_compat].
Qed.

Lemma conjugate_weaken F nu D D' : D' <= D -> conjugate_bound n F nu D -> conjugate_bound n F nu D'.
Proof. intros H Hc z. specialize (Hc z). lra. Qed.

Lemma term_sound : (0 < n)%nat -> check_dual c = true -> conjugate_bound n rTerm rNu rDual.
Proof.
  intros Hn H. unfold check_dual in H. repeat (apply andb_prop in H; destruct H as [H ?]).
  rename H0 into Hbound, H1 into Hmax, H2 into Hdomain. clear H H3 H4 H5 Hbound.
  assert (Hd := at_point (in_domain (loss c) S)). assert (Hq := quadratic_dual). assert (Hl := linear_dual).
  unfold rTerm. destruct (loss c) eqn:E; simpl in Hd, Hq, Hl.
  - rewrite <- Hq by reflexivity. intros z. eapply Rle_trans; [|apply squares_conjugate; exact Hn]. right. unfold dual_squares, sum.
    rewrite (lsum_ext _ (fun i => rNu i * rY i - rNu i * rNu i / 2) (fun i => rNu i * rY i - rNu i * rNu i * / 2)) by (intros; lra).
    rewrite lsum_minus, lsum_scal_r. assert (0 < INR n) by now apply lt_0_INR. field. lra.
  - rewrite <- Hq by reflexivity. apply huber_conjugate. intros i Hi. specialize (Hd i Hdomain Hi).
    apply Z.leb_le, r_le in Hd. now rewrite r_abs in Hd.
  - rewrite <- Hl by reflexivity. apply absolute_conjugate. intros i Hi. specialize (Hd i Hdomain Hi).
    apply Z.leb_le, r_le in Hd. now rewrite r_abs, r_scale in Hd.
  - rewrite <- Hl by reflexivity. apply quantile_conjugate. intros i Hi. specialize (Hd i Hdomain Hi).
    apply andb_prop in Hd. destruct Hd as [h1 h2]. apply Z.leb_le, r_le in h1. apply Z.leb_le, r_le in h2.
    rewrite r_minus, r_scale in h1. unfold rNu. lra.
  - rewrite <- Hl by reflexivity. apply maximum_conjugate; [exact Hn|].
    apply Z.leb_le, r_le in Hmax. unfold r in Hmax. rewrite IZR_zlsum, lsum_points, mult_IZR, <- INR_IZR_INZ in Hmax.
    assert (h := Sr). replace (INR n) with (INR n * IZR S / IZR S) by (field; lra). eapply Rle_trans; [|exact Hmax].
    right. unfold Rdiv, sum. rewrite <- lsum_scal_r. apply lsum_ext. intros i _. unfold rNu. rewrite <- r_abs. reflexivity.
  - assert (Ha : forall i, (i < n)%nat -> rY i * rY i = 1 /\ 0 <= rNu i * rY i <= 1) by (intros i Hi; apply label_domain, Hd; auto).
    eapply (conjugate_ext _ (fun i => rNu i * rY i * rY i)); [|apply Hl; reflexivity | apply hinge_conjugate; intros i Hi; now apply Ha].
    intros i Hi. rewrite Rmult_assoc. destruct (Ha i Hi) as [-> _]. lra.
  - eapply conjugate_ext; [reflexivity | | apply monotone_conjugate]. unfold rDual. f_equal. apply sum_ext. intros i _.
    rewrite E. unfold boxed_dual, rNu, rY. set (p := nth i (points c) no_point). unfold twice_dual. rewrite <- !r_abs, !r_mult.
    destruct (Z.leb_spec (Z.abs (pnu p)) (Z.abs (py p))) as [Hle|Hlt]; destruct (Rle_dec (r (Z.abs (pnu p))) (r (Z.abs (py p)))) as [k|k].
    + rewrite minus_IZR, (mult_IZR 2). lra.
    + elim k. now apply r_le.
    + exfalso. assert (h := Sr). unfold r, Rdiv in k. apply Rmult_le_reg_r in k; [|now apply Rinv_0_lt_compat]. apply le_IZR in k. lia.
    + rewrite minus_IZR, plus_IZR, !(mult_IZR 2). lra.
  - assert (Ha : forall i, (i < n)%nat -> rY i * rY i = 1 /\ 0 <= rNu i * rY i <= 1) by (intros i Hi; apply label_domain, Hd; auto).
    apply conjugate_weaken with (/ INR n * sum n (fun i => entropy (rNu i * rY i))).
    + unfold rDual. apply Rmult_le_compat_l; [apply Rlt_le, Rinv_0_lt_compat, lt_0_INR, Hn|]. apply sum_le. intros i Hi.
      rewrite E. unfold twice_dual. destruct (label_product i (Hd i Hdomain Hi)) as [-> Hr]. unfold r. apply twice_entropy_sound; assumption.
    + eapply (conjugate_ext _ (fun i => rNu i * rY i * rY i)); [|reflexivity | apply logistic_conjugate; intros i Hi; now apply Ha].
      intros i Hi. rewrite Rmult_assoc. destruct (Ha i Hi) as [-> _]. lra.
Qed.

(** What is over the scale when nu'o is taken off. *)
Definition rShifted : R := rDual - / INR n * sum n (fun i => rNu i * rO i).

Lemma loss_sound : (0 < n)%nat -> check_dual c = true -> conjugate_bound n rLoss rNu rShifted.
Proof. intros Hn H. unfold rLoss, rShifted. apply offset_conjugate with (F := rTerm). now apply term_sound. Qed.

Lemma IZR_shift l : forall o, IZR (shift l o)
  = lsum (seq 0 (length l)) (fun i => IZR (pnu (nth i l no_point)) * IZR (nth i o 0%Z)).
Proof.
  induction l as [|p l IH]; intros o; [reflexivity|]. cbn [length seq]. cbn [lsum nth]. rewrite <- seq_shift, lsum_map.
  destruct o as [|a o]; cbn [shift nth].
  - symmetry. rewrite Rmult_0_r, Rplus_0_l. apply lsum_zero. intros i _. destruct i; cbn [nth]; ring.
  - rewrite plus_IZR, mult_IZR, IH. reflexivity.
Qed.

Lemma bound_sound : (0 < n)%nat -> check_dual c = true -> r (bound c) <= rShifted.
Proof.
  intros Hn H. unfold check_dual in H. repeat (apply andb_prop in H; destruct H as [H ?]). rename H0 into Hbound. clear - Hn Hbound S_pos.
  assert (h := Sr). assert (HN : 0 < INR n) by now apply lt_0_INR.
  apply Z.leb_le, IZR_le in Hbound. rewrite minus_IZR, IZR_zlsum, lsum_points, !mult_IZR, <- INR_IZR_INZ, IZR_shift in Hbound.
  unfold rShifted, rDual. set (A := sum n (fun i => IZR (twice_dual (loss c) S (nth i (points c) no_point)))) in *.
  change (lsum _ _) with (sum n (fun i => IZR (pnu (nth i (points c) no_point)) * IZR (nth i (offset c) 0%Z))) in Hbound.
  set (B := sum n (fun i => IZR (pnu _) * IZR (nth i (offset c) 0%Z))) in *.
  replace (sum n (fun i => rNu i * rO i)) with (B * (/ IZR S * / IZR S)).
  2: { unfold B, sum. rewrite <- lsum_scal_r. apply lsum_ext. intros i _. unfold rNu, rO. rewrite r_mult, mult_IZR. ring. }
  replace (sum n _) with (A * (/ IZR S * / IZR S * / 2)).
  2: { unfold A, sum. rewrite <- lsum_scal_r. apply lsum_ext. intros i _. lra. }
  unfold r. apply Rmult_le_reg_r with (2 * INR n * (IZR S * IZR S)); [apply Rmult_lt_0_compat; [lra|]; apply Rmult_lt_0_compat; lra|].
  replace ((/ INR n * (A * (/ IZR S * / IZR S * / 2)) - / INR n * (B * (/ IZR S * / IZR S))) * (2 * INR n * (IZR S * IZR S)))
    with (A - 2 * B) by (field; lra).
  replace (IZR (bound c) / IZR S * (2 * INR n * (IZR S * IZR S))) with (2 * INR n * IZR (bound c) * IZR S) by (field; lra). exact Hbound.
Qed.

Lemma balanced_sound : check_dual c = true -> balanced n (with_intercept c) rNu.
Proof.
  intros H. unfold check_dual in H. repeat (apply andb_prop in H; destruct H as [H ?]). rename H3 into Hint. clear - Hint S_pos.
  unfold balanced. destruct (with_intercept c); [|exact I]. apply Z.eqb_eq, (f_equal IZR) in Hint. rewrite IZR_zlsum, lsum_points in Hint.
  replace (sum n rNu) with (sum n (fun i => IZR (pnu (nth i (points c) no_point))) * / IZR S); [rewrite Hint; lra|].
  unfold sum. rewrite <- lsum_scal_r. reflexivity.
Qed.
End Meaning.

Lemma checked_sizes c : check_dual c = true -> (0 < scale c)%Z /\ (0 < length (points c))%nat /\ (0 <= beta c)%Z.
Proof.
  intros H. unfold check_dual in H. repeat (apply andb_prop in H; destruct H as [H ?]).
  apply Z.ltb_lt in H. apply Z.leb_le in H4. apply Nat.ltb_lt in H5. auto.
Qed.

(** No network of ReLU units with the patterns listed has a smaller objective, weight decay included, than the bound. *)
Theorem check_sound c const ns : check c = true ->
  constant_allowed (with_intercept c) const ->
  (forall v, In v ns -> exists k, (k < length (patterns c))%nat /\ in_cone (length (points c)) (cols c) (rX c) (rFamily c k) (weight v)) ->
  r c (bound c) <= training (cols c) (rX c) (rLoss c) (r c (beta c)) const ns.
Proof.
  intros H Hc Hns. apply andb_prop in H. destruct H as [Hd Hp]. destruct (checked_sizes c Hd) as [HS [Hn Hb]].
  eapply Rle_trans; [now apply bound_sound|].
  apply (restricted_training_bound (length (points c)) (cols c) (rX c) Hn) with (P := length (patterns c)) (family := rFamily c)
    (intercept := with_intercept c) (nu := rNu c); auto.
  - now apply r_nonneg.
  - now apply loss_sound.
  - now apply balanced_sound.
  - intros k s Hk Hs. unfold check_patterns in Hp. rewrite forallb_forall in Hp.
    assert (Hq := Hp _ (nth_In (patterns c) ([], ([], [])) Hk)). apply andb_prop in Hq. destruct Hq as [Hq1 Hq2].
    destruct Hs as [-> | ->]; eexists; [apply (side_sound c HS _ 1%Z _ Hb Hq1) | apply (side_sound c HS _ (-1)%Z _ Hb Hq2)].
Qed.

(** The same of the gated program. *)
Theorem check_gated_sound c const bs : check_gated c = true ->
  constant_allowed (with_intercept c) const -> gated_feasible (length (patterns c)) bs ->
  r c (bound c) <= primal (cols c) (rX c) (rFamily c) (rLoss c) (r c (beta c)) const bs.
Proof.
  intros H Hc Hbs. apply andb_prop in H. destruct H as [Hd Hp]. destruct (checked_sizes c Hd) as [HS [Hn Hb]].
  eapply Rle_trans; [now apply bound_sound|].
  apply weak_duality_gated with (n := length (points c)) (P := length (patterns c)) (intercept := with_intercept c) (nu := rNu c); auto.
  - now apply loss_sound.
  - now apply balanced_sound.
  - intros k Hk. unfold check_gates in Hp. rewrite forallb_forall in Hp.
    assert (Hq := Hp _ (nth_In (patterns c) ([], ([], [])) Hk)). destruct (side_sound c HS _ 1%Z _ Hb Hq) as [_ Hm].
    replace (norm (cols c) _) with (norm (cols c) (adjoint (length (points c)) (rX c) (corrected (rFamily c k) 1 (rNu c)
      (fun i => r c (nth i (repeat 0%Z (length (points c))) 0%Z))))); [exact Hm|].
    unfold norm, norm2, dot. f_equal. apply sum_ext. intros j _.
    assert (E : forall i, corrected (rFamily c k) 1 (rNu c) (fun i => r c (nth i (repeat 0%Z (length (points c))) 0%Z)) i
                          = active (rFamily c k) i * rNu c i).
    { intros i. unfold corrected. rewrite nth_repeat. unfold r at 1. lra. }
    unfold adjoint. rewrite !(sum_ext (length (points c)) (fun i => rX c i j * corrected _ _ _ _ i)
      (fun i => rX c i j * (active (rFamily c k) i * rNu c i))) by (intros; now rewrite E). reflexivity.
Qed.

(** ** How certificates are written down *)

(** The bits of n rows, from the lowest, and a list with values at some places, ascending, and 0 elsewhere. *)
Fixpoint bits (n : nat) (z : Z) : list bool := match n with O => [] | S n' => Z.odd z :: bits n' (Z.div2 z) end.
Fixpoint spread_from (i : Z) (n : nat) (l : list (Z * Z)) : list Z :=
  match n with
  | O => []
  | S n' => match l with
            | (k, v) :: l' => if Z.eqb k i then v :: spread_from (i + 1) n' l' else 0%Z :: spread_from (i + 1) n' l
            | [] => 0%Z :: spread_from (i + 1) n' []
            end
  end.
Definition spread := spread_from 0.
