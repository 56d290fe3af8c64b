(** * Dual bounds of the other losses

    Each loss F (a mean over samples, except the maximum) comes with a condition on nu and a number D such that
    D <= F z + nu'z/n for every prediction z: [conjugate_bound], which is what WeakDuality.v and TrainingBound.v ask for. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum Vector WeakDuality.
Open Scope R_scope.

(** a t <= |t| for |a| <= 1. *)
Lemma product_le_abs a t : Rabs a <= 1 -> a * t <= Rabs t.
Proof.
  intros H. eapply Rle_trans; [apply Rle_abs|]. rewrite Rabs_mult.
  assert (h := Rabs_pos t). nra.
Qed.

Section Losses.
Variable n : nat.
Variable y : nat -> R.   (* targets; labels +1 / -1 for logistic and hinge *)

(** A loss that is a mean of l(i, z_i) is bounded sample by sample. *)
Lemma conjugate_of_samples (l : nat -> R -> R) (g nu : nat -> R) :
  (forall i t, (i < n)%nat -> g i <= l i t + nu i * t) ->
  conjugate_bound n (fun z => / INR n * sum n (fun i => l i (z i))) nu (/ INR n * sum n g).
Proof.
  intros H z. destruct (Nat.eq_dec n 0) as [->|Hn].
  - unfold sum; simpl. lra.
  - rewrite <- Rmult_plus_distr_l. apply Rmult_le_compat_l.
    + apply Rlt_le, Rinv_0_lt_compat, lt_0_INR. lia.
    + unfold sum. rewrite <- lsum_plus. apply lsum_le. intros i Hi. apply H. now apply in_below.
Qed.

(** ** Weights: row i counts w_i times. Where g_i is a bound of row i at nu_i/w_i, w_i g_i is one of w_i times its loss at nu_i *)

Theorem weighted_conjugate (l : nat -> R -> R) (g w nu : nat -> R) :
  (forall i, (i < n)%nat -> 0 < w i) ->
  (forall i t, (i < n)%nat -> g i <= l i t + nu i / w i * t) ->
  conjugate_bound n (fun z => / INR n * sum n (fun i => w i * l i (z i))) nu (/ INR n * sum n (fun i => w i * g i)).
Proof.
  intros Hw H. apply (conjugate_of_samples (fun i t => w i * l i t) (fun i => w i * g i)). intros i t Hi.
  specialize (H i t Hi). specialize (Hw i Hi). replace (nu i * t) with (w i * (nu i / w i * t)) by (field; lra).
  rewrite <- Rmult_plus_distr_l. apply Rmult_le_compat_l; lra.
Qed.

(** Squares and absolute values with weights; the others go likewise. *)
Theorem weighted_squares_conjugate w nu : (forall i, (i < n)%nat -> 0 < w i) ->
  conjugate_bound n (fun z => / INR n * sum n (fun i => w i * ((z i - y i) * (z i - y i) / 2))) nu
    (/ INR n * sum n (fun i => w i * (nu i / w i * y i - nu i / w i * (nu i / w i) / 2))).
Proof.
  intros Hw. apply (weighted_conjugate (fun i t => (t - y i) * (t - y i) / 2) (fun i => nu i / w i * y i - nu i / w i * (nu i / w i) / 2)); [exact Hw|].
  intros i t _. set (a := nu i / w i). assert (h := Rle_0_sqr (t - y i + a)). unfold Rsqr in h. lra.
Qed.

Theorem weighted_absolute_conjugate w nu : (forall i, (i < n)%nat -> 0 < w i) -> (forall i, (i < n)%nat -> Rabs (nu i / w i) <= 1) ->
  conjugate_bound n (fun z => / INR n * sum n (fun i => w i * Rabs (z i - y i))) nu (/ INR n * sum n (fun i => w i * (nu i / w i * y i))).
Proof.
  intros Hw Hnu. apply (weighted_conjugate (fun i t => Rabs (t - y i)) (fun i => nu i / w i * y i)); [exact Hw|].
  intros i t Hi. assert (h := product_le_abs (nu i / w i) (y i - t) (Hnu i Hi)). rewrite Rabs_minus_sym in h. lra.
Qed.

(** ** A prediction begun elsewhere: z + o in the place of z.  D is less by nu'o/n, nu as before *)

Theorem offset_conjugate F nu D o :
  conjugate_bound n F nu D ->
  conjugate_bound n (fun z => F (fun i => z i + o i)) nu (D - / INR n * sum n (fun i => nu i * o i)).
Proof.
  intros H z. specialize (H (fun i => z i + o i)). cbn beta in H.
  rewrite (sum_ext n (fun i => nu i * (z i + o i)) (fun i => nu i * z i + nu i * o i)) in H by (intros; ring).
  unfold sum in *. rewrite lsum_plus, Rmult_plus_distr_l in H. lra.
Qed.

(** ** Absolute: mean |z - y|.  |nu_i| <= 1, D = nu'y/n *)

Definition absolute (z : nat -> R) : R := / INR n * sum n (fun i => Rabs (z i - y i)).

Theorem absolute_conjugate nu :
  (forall i, (i < n)%nat -> Rabs (nu i) <= 1) ->
  conjugate_bound n absolute nu (/ INR n * sum n (fun i => nu i * y i)).
Proof.
  intros H. apply (conjugate_of_samples (fun i t => Rabs (t - y i)) (fun i => nu i * y i)).
  intros i t Hi.
  assert (h := product_le_abs (nu i) (y i - t) (H i Hi)).
  rewrite Rabs_minus_sym in h. lra.
Qed.

(** ** Quantile of the level q: mean of q r for r = y - z >= 0, (q - 1) r below.  q - 1 <= nu_i <= q, D = nu'y/n *)

Definition quantile (q : R) (z : nat -> R) : R :=
  / INR n * sum n (fun i => Rmax (q * (y i - z i)) ((q - 1) * (y i - z i))).

Theorem quantile_conjugate q nu :
  (forall i, (i < n)%nat -> q - 1 <= nu i <= q) ->
  conjugate_bound n (quantile q) nu (/ INR n * sum n (fun i => nu i * y i)).
Proof.
  intros H. apply (conjugate_of_samples (fun i t => Rmax (q * (y i - t)) ((q - 1) * (y i - t))) (fun i => nu i * y i)).
  intros i t Hi. specialize (H i Hi).
  assert (h1 := Rmax_l (q * (y i - t)) ((q - 1) * (y i - t))).
  assert (h2 := Rmax_r (q * (y i - t)) ((q - 1) * (y i - t))).
  destruct (Rle_dec 0 (y i - t)); nra.
Qed.

(** ** Huber with threshold k: mean of r^2/2 up to |r| <= k, k|r| - k^2/2 beyond.  |nu_i| <= k, D = nu'y/n - ||nu||^2/(2n) *)

Definition huber_sample (k r : R) : R :=
  if Rle_dec (Rabs r) k then r * r / 2 else k * Rabs r - k * k / 2.

Definition huber (k : R) (z : nat -> R) : R := / INR n * sum n (fun i => huber_sample k (z i - y i)).

Theorem huber_conjugate k nu :
  (forall i, (i < n)%nat -> Rabs (nu i) <= k) ->
  conjugate_bound n (huber k) nu (/ INR n * sum n (fun i => nu i * y i - nu i * nu i / 2)).
Proof.
  intros H. apply (conjugate_of_samples (fun i t => huber_sample k (t - y i))
                     (fun i => nu i * y i - nu i * nu i / 2)).
  intros i t Hi. specialize (H i Hi). unfold huber_sample.
  set (r := t - y i). replace (nu i * y i) with (nu i * t - nu i * r) by (unfold r; ring).
  set (a := nu i) in *. clearbody r a.
  assert (Ha : a * a = Rabs a * Rabs a)
    by (rewrite <- Rabs_mult; symmetry; apply Rabs_pos_eq, Rle_0_sqr).
  destruct (Rle_dec (Rabs r) k) as [Hr|Hr].
  - assert (h := Rle_0_sqr (r + a)). unfold Rsqr in h. lra.
  - assert (h : - (a * r) <= Rabs a * Rabs r).
    { rewrite <- Rabs_mult, <- Rabs_Ropp. apply Rle_abs. }
    assert (h0 := Rabs_pos a).
    assert (Rabs a * Rabs r - Rabs a * Rabs a / 2 <= k * Rabs r - k * k / 2); [|lra].
    assert (0 <= (k - Rabs a) * (Rabs r - k)) by (apply Rmult_le_pos; lra).
    assert (0 <= (k - Rabs a) * (k - Rabs a)) by apply Rle_0_sqr. lra.
Qed.

(** ** Hinge: mean max(0, 1 - y z).  nu_i = a_i y_i with 0 <= a_i <= 1, D = mean of a *)

Definition hinge (z : nat -> R) : R := / INR n * sum n (fun i => Rmax 0 (1 - y i * z i)).

Theorem hinge_conjugate a :
  (forall i, (i < n)%nat -> 0 <= a i <= 1) ->
  conjugate_bound n hinge (fun i => a i * y i) (/ INR n * sum n a).
Proof.
  intros H. apply (conjugate_of_samples (fun i t => Rmax 0 (1 - y i * t)) a).
  intros i t Hi. specialize (H i Hi). set (m := y i * t).
  replace (a i * y i * t) with (a i * m) by (unfold m; ring). clearbody m.
  destruct (Rle_dec 0 (1 - m)).
  - rewrite Rmax_right by assumption. nra.
  - rewrite Rmax_left by lra. nra.
Qed.

(** ** Logistic: mean ln(1 + exp(- y z)).  nu_i = a_i y_i with 0 <= a_i <= 1, D = mean binary entropy of a *)

Definition logistic (z : nat -> R) : R := / INR n * sum n (fun i => ln (1 + exp (- (y i * z i)))).

Definition entropy (a : R) : R := - (a * ln a) - (1 - a) * ln (1 - a).

Lemma ln_le_minus_1 x : 0 < x -> ln x <= x - 1.
Proof.
  intros Hx. destruct (Rle_or_lt (ln x) (x - 1)) as [h|h]; [exact h|].
  assert (h1 := exp_increasing _ _ h). rewrite exp_ln in h1 by exact Hx.
  destruct (Req_dec (x - 1) 0) as [Hz|Hz].
  - rewrite Hz, exp_0 in h1. lra.
  - assert (h2 := exp_ineq1 (x - 1) Hz). lra.
Qed.

Lemma entropy_bound a m : 0 < a < 1 -> entropy a <= ln (1 + exp (- m)) + a * m.
Proof.
  intros Ha. unfold entropy.
  assert (He := exp_pos (- m)). set (e := exp (- m)) in *.
  assert (Hm : m = - ln e) by (unfold e; rewrite ln_exp; ring).
  assert (H1 : ln (e / (1 + e) / a) <= e / (1 + e) / a - 1).
  { apply ln_le_minus_1. repeat apply Rdiv_lt_0_compat; lra. }
  assert (H2 : ln (1 / (1 + e) / (1 - a)) <= 1 / (1 + e) / (1 - a) - 1).
  { apply ln_le_minus_1. repeat apply Rdiv_lt_0_compat; lra. }
  unfold Rdiv in H1, H2.
  rewrite !ln_mult, !ln_Rinv in H1 by (repeat first [apply Rmult_lt_0_compat | apply Rinv_0_lt_compat]; lra).
  rewrite !ln_mult, !ln_Rinv, ln_1 in H2 by (repeat first [apply Rmult_lt_0_compat | apply Rinv_0_lt_compat]; lra).
  assert (H3 : a * (ln e + - ln (1 + e) + - ln a) <= a * (e * / (1 + e) * / a - 1))
    by (apply Rmult_le_compat_l; lra).
  assert (H4 : (1 - a) * (0 + - ln (1 + e) + - ln (1 - a)) <= (1 - a) * (1 * / (1 + e) * / (1 - a) - 1))
    by (apply Rmult_le_compat_l; lra).
  assert (H5 : a * (e * / (1 + e) * / a - 1) + (1 - a) * (1 * / (1 + e) * / (1 - a) - 1) = 0)
    by (field; lra).
  rewrite Hm. lra.
Qed.

(** At the ends of the interval the entropy is 0, since ln 0 is 0 here: 0 ln 0 = 0. *)
Lemma entropy_bound_closed a m : 0 <= a <= 1 -> entropy a <= ln (1 + exp (- m)) + a * m.
Proof.
  intros Ha. assert (He := exp_pos (- m)).
  destruct (Req_dec a 0) as [->|H0]; [|destruct (Req_dec a 1) as [->|H1]].
  - assert (h : ln 1 < ln (1 + exp (- m))) by (apply ln_increasing; lra).
    unfold entropy. rewrite Rminus_0_r. rewrite ln_1 in *. lra.
  - assert (h : ln (exp (- m)) < ln (1 + exp (- m))) by (apply ln_increasing; lra).
    rewrite ln_exp in h. unfold entropy. rewrite ln_1. lra.
  - apply entropy_bound. lra.
Qed.

Theorem logistic_conjugate a :
  (forall i, (i < n)%nat -> 0 <= a i <= 1) ->
  conjugate_bound n logistic (fun i => a i * y i) (/ INR n * sum n (fun i => entropy (a i))).
Proof.
  intros H. apply (conjugate_of_samples (fun i t => ln (1 + exp (- (y i * t)))) (fun i => entropy (a i))).
  intros i t Hi. rewrite Rmult_assoc. apply entropy_bound_closed. auto.
Qed.

(** ** Monotone: squares within the box |z_i - y_i| <= |y_i|, infinite beyond.  D = mean of g below, any nu

    A real function has to have some value beyond the box. [boxed nu] takes one that no bound of nu can be below; within the
    box it is squares, whatever nu ([boxed_is_squares]), so a bound for it is one for every network that keeps the box. *)

Definition boxed_dual (a t : R) : R :=
  if Rle_dec (Rabs a) (Rabs t) then a * t - a * a / 2 else a * t + t * t / 2 - Rabs a * Rabs t.

Definition boxed_sample (a u t : R) : R :=
  if Rle_dec (Rabs (t - u)) (Rabs u) then (t - u) * (t - u) / 2 else boxed_dual a u - a * t.

Definition boxed (nu z : nat -> R) : R := / INR n * sum n (fun i => boxed_sample (nu i) (y i) (z i)).

Theorem boxed_is_squares nu z :
  (forall i, (i < n)%nat -> Rabs (z i - y i) <= Rabs (y i)) ->
  boxed nu z = / INR n * sum n (fun i => (z i - y i) * (z i - y i) / 2).
Proof.
  intros H. unfold boxed. f_equal. apply sum_ext. intros i Hi. unfold boxed_sample.
  destruct (Rle_dec (Rabs (z i - y i)) (Rabs (y i))) as [_|h]; [reflexivity | elim h; auto].
Qed.

Theorem monotone_conjugate nu :
  conjugate_bound n (boxed nu) nu (/ INR n * sum n (fun i => boxed_dual (nu i) (y i))).
Proof.
  apply (conjugate_of_samples (fun i t => boxed_sample (nu i) (y i) t) (fun i => boxed_dual (nu i) (y i))).
  intros i t _. unfold boxed_sample. set (a := nu i). set (u := y i).
  destruct (Rle_dec (Rabs (t - u)) (Rabs u)) as [Hr|_]; [|lra].
  set (r := t - u) in *. replace t with (u + r) by (unfold r; ring). clearbody r a u.
  unfold boxed_dual. destruct (Rle_dec (Rabs a) (Rabs u)) as [Ha|Ha].
  - assert (h := Rle_0_sqr (r + a)). unfold Rsqr in h. lra.
  - assert (h : - (a * r) <= Rabs a * Rabs r) by (rewrite <- Rabs_mult, <- Rabs_Ropp; apply Rle_abs).
    assert (hr : r * r = Rabs r * Rabs r) by (rewrite <- Rabs_mult; symmetry; apply Rabs_pos_eq, Rle_0_sqr).
    assert (hu : u * u = Rabs u * Rabs u) by (rewrite <- Rabs_mult; symmetry; apply Rabs_pos_eq, Rle_0_sqr).
    assert (h0 := Rabs_pos r).
    assert (0 <= (Rabs u - Rabs r) * (Rabs a - (Rabs u + Rabs r) / 2)) by (apply Rmult_le_pos; lra).
    rewrite hr, hu. lra.
Qed.

(** ** Maximum: max_i |z_i - y_i|.  sum |nu_i| <= n, D = nu'y/n *)

Fixpoint maximum (f : nat -> R) (k : nat) : R :=
  match k with
  | O => 0
  | S k' => Rmax (maximum f k') (Rabs (f k'))
  end.

Lemma maximum_upper f k i : (i < k)%nat -> Rabs (f i) <= maximum f k.
Proof.
  induction k as [|k IH]; simpl; [lia|]. intros Hi.
  destruct (Nat.eq_dec i k) as [->|Hne]; [apply Rmax_r|].
  eapply Rle_trans; [apply IH; lia | apply Rmax_l].
Qed.

Lemma maximum_nonneg f k : 0 <= maximum f k.
Proof. induction k as [|k IH]; simpl; [lra|]. eapply Rle_trans; [exact IH | apply Rmax_l]. Qed.

Theorem maximum_conjugate nu :
  (0 < n)%nat -> sum n (fun i => Rabs (nu i)) <= INR n ->
  conjugate_bound n (fun z => maximum (fun i => z i - y i) n) nu (/ INR n * sum n (fun i => nu i * y i)).
Proof.
  intros Hn H z. set (m := maximum (fun i => z i - y i) n).
  assert (Hp : 0 < INR n) by now apply lt_0_INR.
  apply Rmult_le_reg_l with (INR n); [exact Hp|].
  rewrite Rmult_plus_distr_l, <- !Rmult_assoc, !Rinv_r, !Rmult_1_l by lra.
  assert (h : sum n (fun i => nu i * (y i - z i)) <= INR n * m).
  { apply Rle_trans with (sum n (fun i => Rabs (nu i) * m)).
    - apply sum_le. intros i Hi. eapply Rle_trans; [apply Rle_abs|].
      rewrite Rabs_mult, (Rabs_minus_sym (y i)).
      apply Rmult_le_compat_l; [apply Rabs_pos|].
      apply (maximum_upper (fun i => z i - y i)); exact Hi.
    - unfold sum in *. rewrite lsum_scal_r. apply Rmult_le_compat_r; [apply maximum_nonneg | exact H]. }
  unfold sum in *.
  rewrite (lsum_ext _ _ (fun i => nu i * y i - nu i * z i)), lsum_minus in h by (intros; ring). lra.
Qed.
End Losses.
