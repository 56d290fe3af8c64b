(** * The closed-form bound of m(nu)

    relu(t) = (t + |t|) / 2 and Cauchy's inequality give, for ||w|| <= 1,

      nu' relu(X w) <= (||X'nu|| + sqrt(sum(nu+) lambda)) / 2,   lambda >= w' X' diag(nu+) X w / ||w||^2 for all w,

    so lambda = lambda_max(X' diag(nu+) X), or its trace, will do; -nu gives the other sign.  Gated units:
    ||X' D nu|| <= sqrt(lambda) ||nu|| with lambda >= lambda_max(X'X), for every pattern D. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound.
Open Scope R_scope.

(** Cauchy-Schwarz with weights p >= 0. *)
Lemma weighted_cauchy n (p a : nat -> R) :
  (forall i, (i < n)%nat -> 0 <= p i) ->
  sum n (fun i => p i * Rabs (a i)) <= sqrt (sum n p * sum n (fun i => p i * (a i * a i))).
Proof.
  intros Hp.
  assert (H := cauchy_schwarz n (fun i => sqrt (p i)) (fun i => sqrt (p i) * Rabs (a i))).
  unfold norm, norm2 in H. rewrite <- sqrt_mult_alt in H by apply norm2_nonneg.
  assert (H1 : dot n (fun i => sqrt (p i)) (fun i => sqrt (p i) * Rabs (a i)) = sum n (fun i => p i * Rabs (a i))).
  { apply sum_ext. intros i Hi. rewrite <- Rmult_assoc, sqrt_sqrt by auto. reflexivity. }
  assert (H2 : dot n (fun i => sqrt (p i)) (fun i => sqrt (p i)) = sum n p).
  { apply sum_ext. intros i Hi. apply sqrt_sqrt. auto. }
  assert (H3 : dot n (fun i => sqrt (p i) * Rabs (a i)) (fun i => sqrt (p i) * Rabs (a i))
               = sum n (fun i => p i * (a i * a i))).
  { apply sum_ext. intros i Hi.
    replace (sqrt (p i) * Rabs (a i) * (sqrt (p i) * Rabs (a i)))
      with ((sqrt (p i) * sqrt (p i)) * (Rabs (a i) * Rabs (a i))) by ring.
    rewrite sqrt_sqrt by auto. rewrite <- Rabs_mult, Rabs_pos_eq by apply Rle_0_sqr. reflexivity. }
  rewrite H1, H2, H3 in H. exact H.
Qed.

Section ClosedForm.
Variables n d : nat.
Variable X : nat -> nat -> R.
Notation row := (row d X).

(** lambda bounds the quadratic form X' diag(p) X. *)
Definition form_at_most (p : nat -> R) (lambda : R) : Prop :=
  forall w, sum n (fun i => p i * (row w i * row w i)) <= lambda * norm2 d w.

Lemma relu_is_half_sum t : relu t = (t + Rabs t) / 2.
Proof. unfold relu, Rmax, Rabs. destruct Rle_dec; destruct Rcase_abs; lra. Qed.

Lemma one_side nu lambda w :
  form_at_most (fun i => relu (nu i)) lambda -> 0 <= lambda -> norm d w <= 1 ->
  correlation n d X nu w <= (norm d (adjoint n X nu) + sqrt (sum n (fun i => relu (nu i)) * lambda)) / 2.
Proof.
  intros Hform Hlambda Hw. assert (Hw0 := norm_nonneg d w).
  set (S := sum n (fun i => relu (nu i))).
  assert (HS : 0 <= S) by (apply sum_nonneg; intros; apply relu_nonneg).
  assert (H1 : sum n (fun i => nu i * row w i) <= norm d (adjoint n X nu)).
  { rewrite <- dot_adjoint. eapply Rle_trans; [apply cauchy_schwarz|].
    rewrite <- (Rmult_1_r (norm d (adjoint n X nu))) at 2. apply Rmult_le_compat_l; [apply norm_nonneg | exact Hw]. }
  assert (H2 : sum n (fun i => relu (nu i) * Rabs (row w i)) <= sqrt (S * lambda)).
  { eapply Rle_trans; [apply weighted_cauchy; intros; apply relu_nonneg|].
    apply sqrt_le_1_alt. apply Rmult_le_compat_l; [exact HS|].
    eapply Rle_trans; [apply (Hform w)|].
    rewrite <- (Rmult_1_r lambda) at 2. apply Rmult_le_compat_l; [exact Hlambda|].
    rewrite <- norm_square. nra. }
  assert (H3 : 2 * correlation n d X nu w
               <= sum n (fun i => nu i * row w i) + sum n (fun i => relu (nu i) * Rabs (row w i))).
  { unfold correlation, sum. rewrite <- lsum_scal, <- lsum_plus. apply lsum_le. intros i _.
    rewrite relu_is_half_sum. assert (h := Rabs_pos (row w i)).
    assert (nu i * Rabs (row w i) <= relu (nu i) * Rabs (row w i)); [|lra].
    apply Rmult_le_compat_r; [exact h | apply Rmax_l]. }
  lra.
Qed.

Lemma correlation_opp nu w : correlation n d X (fun i => - nu i) w = - correlation n d X nu w.
Proof.
  unfold correlation, sum. rewrite (lsum_ext _ _ (fun i => -1 * (nu i * relu (row w i)))) by (intros; ring).
  rewrite lsum_scal. ring.
Qed.

Theorem closed_form_global nu lambda mu m :
  0 <= lambda -> 0 <= mu ->
  form_at_most (fun i => relu (nu i)) lambda -> form_at_most (fun i => relu (- nu i)) mu ->
  (norm d (adjoint n X nu) + sqrt (sum n (fun i => relu (nu i)) * lambda)) / 2 <= m ->
  (norm d (adjoint n X nu) + sqrt (sum n (fun i => relu (- nu i)) * mu)) / 2 <= m ->
  globally_feasible n d X m nu.
Proof.
  intros Hl Hm Hplus Hminus H1 H2 w Hw. apply Rabs_le. split.
  - assert (h := one_side (fun i => - nu i) mu w Hminus Hm Hw).
    assert (Hnorm : norm d (adjoint n X (fun i => - nu i)) = norm d (adjoint n X nu)).
    { rewrite (norm_ext d _ (fun j => -1 * adjoint n X nu j)).
      - rewrite norm_scal. replace (Rabs (-1)) with 1 by (rewrite Rabs_left; lra). ring.
      - intros j _. rewrite <- adjoint_scal. apply sum_ext. intros; ring. }
    rewrite Hnorm, correlation_opp in h. lra.
  - assert (h := one_side nu lambda w Hplus Hl Hw). lra.
Qed.

(** ** The quadratic form.  With h_i = ||x_i||, b > 0 and ||w|| <= 1,

      nu_i |x_i w| <= v_i (x_i w)^2 + b/2 nu_i+ h_i,   v_i = nu_i+ / (2 b h_i) - nu_i- / h_i,

    so a positive semidefinite [mu I - X' diag(v) X, -X'nu/2; -nu'X/2, tau] bounds 2 nu' relu(X w) by mu + tau + b/2 sum nu_i+ h_i. *)
Definition curvature (b : R) (nu : nat -> R) (i : nat) : R :=
  relu (nu i) / (2 * b * norm d (X i)) - relu (- nu i) / norm d (X i).

Lemma quadratic_row a b h x :
  0 < b -> 0 < h -> 0 <= x <= h ->
  a * x <= (relu a / (2 * b * h) - relu (- a) / h) * (x * x) + b / 2 * (relu a * h).
Proof.
  intros Hb Hh Hx.
  assert (Hp := relu_nonneg a). assert (Hq := relu_nonneg (- a)).
  assert (Ha : a = relu a - relu (- a)) by (unfold relu, Rmax; repeat destruct Rle_dec; lra).
  set (p := relu a) in *. set (q := relu (- a)) in *. clearbody p q.
  assert (Hbh : 0 < 2 * b * h) by (apply Rmult_lt_0_compat; lra).
  assert (H1 : 0 <= (x - b * h) * (x - b * h) / (2 * b * h)).
  { apply Rmult_le_pos; [apply Rle_0_sqr | apply Rlt_le, Rinv_0_lt_compat, Hbh]. }
  assert (H2 : 0 <= x * (h - x) / h).
  { apply Rmult_le_pos; [apply Rmult_le_pos; lra | apply Rlt_le, Rinv_0_lt_compat, Hh]. }
  assert (H3 := Rmult_le_pos _ _ Hp H1). assert (H4 := Rmult_le_pos _ _ Hq H2).
  apply Rle_trans with (a * x + (p * ((x - b * h) * (x - b * h) / (2 * b * h)) + q * (x * (h - x) / h))); [lra|].
  right. rewrite Ha. field. lra.
Qed.

Definition quadratic_bounded (nu : nat -> R) (b mu tau : R) : Prop :=
  0 < b /\ 0 <= mu /\
  forall w t, 0 <= mu * norm2 d w - sum n (fun i => curvature b nu i * (row w i * row w i))
                   - t * dot d (adjoint n X nu) w + tau * (t * t).

Lemma quadratic_side nu b mu tau w :
  quadratic_bounded nu b mu tau -> norm d w <= 1 ->
  2 * correlation n d X nu w <= mu + tau + b / 2 * sum n (fun i => relu (nu i) * norm d (X i)).
Proof.
  intros [Hb [Hmu Hform]] Hw. assert (Hw0 := norm_nonneg d w).
  assert (H1 := Hform w 1). rewrite dot_adjoint in H1.
  assert (H2 : mu * norm2 d w <= mu).
  { rewrite <- (Rmult_1_r mu) at 2. apply Rmult_le_compat_l; [exact Hmu|]. rewrite <- norm_square. nra. }
  assert (H3 : 2 * correlation n d X nu w
               <= sum n (fun i => nu i * row w i) + sum n (fun i => curvature b nu i * (row w i * row w i))
                  + b / 2 * sum n (fun i => relu (nu i) * norm d (X i))).
  { unfold correlation, sum. rewrite <- !lsum_scal, <- !lsum_plus. apply lsum_le. intros i _.
    rewrite relu_is_half_sum.
    assert (Hr : Rabs (row w i) <= norm d (X i)).
    { assert (h := norm_nonneg d (X i)). eapply Rle_trans; [|rewrite <- (Rmult_1_r (norm d (X i))); apply Rmult_le_compat_l; eassumption].
      apply Rabs_le. split; [|apply cauchy_schwarz].
      assert (c := cauchy_schwarz d (X i) (fun j => -1 * w j)). rewrite norm_scal in c.
      replace (Rabs (-1)) with 1 in c by (rewrite Rabs_left; lra).
      assert (e : dot d (X i) (fun j => -1 * w j) = - row w i).
      { unfold dot, sum. rewrite (lsum_ext _ _ (fun j => -1 * (X i j * w j))) by (intros; ring). rewrite lsum_scal. unfold row, dot, sum. ring. }
      rewrite e in c. lra. }
    assert (Hx := Rabs_pos (row w i)).
    assert (Hsquare : row w i * row w i = Rabs (row w i) * Rabs (row w i))
      by (rewrite <- Rabs_mult; symmetry; apply Rabs_pos_eq, Rle_0_sqr).
    assert (nu i * Rabs (row w i) <= curvature b nu i * (row w i * row w i) + b / 2 * (relu (nu i) * norm d (X i))); [|lra].
    destruct (Req_dec (norm d (X i)) 0) as [Hz|Hz].
    - rewrite Hsquare. replace (Rabs (row w i)) with 0 by lra. rewrite Hz. lra.
    - rewrite Hsquare. apply quadratic_row; lra. }
  lra.
Qed.

Theorem quadratic_form_global nu b mu tau b' mu' tau' m :
  quadratic_bounded nu b mu tau -> quadratic_bounded (fun i => - nu i) b' mu' tau' ->
  (mu + tau + b / 2 * sum n (fun i => relu (nu i) * norm d (X i))) / 2 <= m ->
  (mu' + tau' + b' / 2 * sum n (fun i => relu (- nu i) * norm d (X i))) / 2 <= m ->
  globally_feasible n d X m nu.
Proof.
  intros Hplus Hminus H1 H2 w Hw. apply Rabs_le. split.
  - assert (h := quadratic_side _ _ _ _ w Hminus Hw). rewrite correlation_opp in h. lra.
  - assert (h := quadratic_side _ _ _ _ w Hplus Hw). lra.
Qed.

(** ** Parabolas.  A row of its own slope a and curvature g: above relu everywhere for nu_i > 0, with a constant; below relu on
    |t| <= ||x_i|| for nu_i < 0.  `section global rows` of FORMAT.md. *)

Lemma parabola_above a g t : 0 < g -> relu t <= a * t + g * (t * t) + Rmax (a * a) ((1 - a) * (1 - a)) / (4 * g).
Proof.
  intros Hg. set (k := Rmax _ _). assert (Hi : 0 < / (4 * g)) by (apply Rinv_0_lt_compat; lra).
  assert (H1 : a * a / (4 * g) <= k / (4 * g)) by (apply Rmult_le_compat_r; [lra | apply Rmax_l]).
  assert (H2 : (1 - a) * (1 - a) / (4 * g) <= k / (4 * g)) by (apply Rmult_le_compat_r; [lra | apply Rmax_r]).
  unfold relu. apply Rmax_lub.
  - assert (E : a * t + g * (t * t) + (1 - a) * (1 - a) / (4 * g) - t = g * ((t - (1 - a) / (2 * g)) * (t - (1 - a) / (2 * g)))) by (field; lra).
    assert (h := Rle_0_sqr (t - (1 - a) / (2 * g))). unfold Rsqr in h. assert (0 <= g * ((t - (1 - a) / (2 * g)) * (t - (1 - a) / (2 * g)))) by (apply Rmult_le_pos; lra). lra.
  - assert (E : a * t + g * (t * t) + a * a / (4 * g) = g * ((t + a / (2 * g)) * (t + a / (2 * g)))) by (field; lra).
    assert (h := Rle_0_sqr (t + a / (2 * g))). unfold Rsqr in h. assert (0 <= g * ((t + a / (2 * g)) * (t + a / (2 * g)))) by (apply Rmult_le_pos; lra). lra.
Qed.

Lemma parabola_below a g h t : 0 <= g -> g * h <= a -> g * h <= 1 - a -> Rabs t <= h -> a * t + g * (t * t) <= relu t.
Proof.
  intros Hg H1 H2 Ht. unfold relu. destruct (Rle_dec 0 t).
  - rewrite Rabs_pos_eq in Ht by assumption. eapply Rle_trans; [|apply Rmax_l].
    assert (g * t <= 1 - a) by nra. nra.
  - rewrite Rabs_left in Ht by lra. eapply Rle_trans; [|apply Rmax_r]. assert (g * - t <= a) by nra. nra.
Qed.

(** Every parabola is on its side. *)
Definition parabolas_fit (nu a g : nat -> R) : Prop :=
  (forall i, (i < n)%nat -> 0 < nu i -> 0 < g i) /\
  (forall i, (i < n)%nat -> nu i < 0 -> 0 <= g i /\ g i * norm d (X i) <= a i /\ g i * norm d (X i) <= 1 - a i).

Definition parabolas_hold (nu a g : nat -> R) (mu tau : R) : Prop :=
  0 <= mu /\ parabolas_fit nu a g /\
  forall w t, 0 <= mu * norm2 d w - sum n (fun i => nu i * g i * (row w i * row w i))
                   - t * sum n (fun i => nu i * (a i * row w i)) + tau * (t * t).

Definition parabola_constant (a g : R) : R := Rmax (a * a) ((1 - a) * (1 - a)) / (4 * g).

Lemma row_in_ball w i : norm d w <= 1 -> Rabs (row w i) <= norm d (X i).
Proof.
  intros Hw. assert (h0 := norm_nonneg d (X i)). apply Rabs_le. split.
  - assert (h := cauchy_schwarz d (X i) (fun j => -1 * w j)). rewrite dot_scal_r, norm_scal, Rabs_left in h by lra.
    unfold WeakDuality.row. nra.
  - assert (h := cauchy_schwarz d (X i) w). unfold WeakDuality.row. nra.
Qed.

Lemma parabolas_sum nu a g w : parabolas_fit nu a g -> norm d w <= 1 ->
  correlation n d X nu w <= sum n (fun i => nu i * g i * (row w i * row w i)) + sum n (fun i => nu i * (a i * row w i))
                 + sum n (fun i => relu (nu i) * parabola_constant (a i) (g i)).
Proof.
  intros [Hup Hdown] Hw. unfold correlation, sum. rewrite <- !lsum_plus. apply lsum_le. intros i Hi. apply in_below in Hi. set (t := row w i).
  destruct (Rtotal_order (nu i) 0) as [Hn|[Hn|Hn]].
  - destruct (Hdown i Hi Hn) as [h1 [h2 h3]]. assert (h := parabola_below _ _ _ t h1 h2 h3 (row_in_ball w i Hw)).
    rewrite (relu_neg (nu i)) by lra. nra.
  - rewrite Hn. rewrite (relu_neg 0) by lra. lra.
  - assert (h := parabola_above (a i) (g i) t (Hup i Hi Hn)). rewrite (relu_pos (nu i)) by lra. unfold parabola_constant. nra.
Qed.

Lemma in_ball_scaled mu w : 0 <= mu -> norm d w <= 1 -> mu * norm2 d w <= mu.
Proof.
  intros Hmu Hw. assert (Hw0 := norm_nonneg d w). rewrite <- (Rmult_1_r mu) at 2.
  apply Rmult_le_compat_l; [exact Hmu|]. rewrite <- norm_square. nra.
Qed.

Lemma parabolas_side nu a g mu tau w : parabolas_hold nu a g mu tau -> norm d w <= 1 ->
  correlation n d X nu w <= mu + tau + sum n (fun i => relu (nu i) * parabola_constant (a i) (g i)).
Proof.
  intros [Hmu [Hfit Hform]] Hw. assert (H1 := Hform w 1). assert (H2 := in_ball_scaled mu w Hmu Hw).
  assert (H3 := parabolas_sum nu a g w Hfit Hw). lra.
Qed.

Theorem parabolas_global nu a g mu tau a' g' mu' tau' m :
  parabolas_hold nu a g mu tau -> parabolas_hold (fun i => - nu i) a' g' mu' tau' ->
  mu + tau + sum n (fun i => relu (nu i) * parabola_constant (a i) (g i)) <= m ->
  mu' + tau' + sum n (fun i => relu (- nu i) * parabola_constant (a' i) (g' i)) <= m ->
  globally_feasible n d X m nu.
Proof.
  intros Hplus Hminus H1 H2 w Hw. apply Rabs_le. split.
  - assert (h := parabolas_side _ _ _ _ _ w Hminus Hw). rewrite correlation_opp in h. lra.
  - assert (h := parabolas_side _ _ _ _ _ w Hplus Hw). lra.
Qed.

(** The trace sum_i p_i ||x_i||^2 always bounds the form. *)
Theorem trace_bounds_form p :
  (forall i, (i < n)%nat -> 0 <= p i) -> form_at_most p (sum n (fun i => p i * norm2 d (X i))).
Proof.
  intros Hp w. unfold sum. rewrite <- lsum_scal_r. apply lsum_le. intros i Hi. apply in_below in Hi.
  rewrite Rmult_assoc. apply Rmult_le_compat_l; [auto|]. apply cauchy_schwarz_squared.
Qed.

(** Gated: one number for all patterns. *)
Theorem closed_form_gated lambda nu p :
  0 <= lambda -> form_at_most (fun _ => 1) lambda ->
  norm d (adjoint n X (fun i => active p i * nu i)) <= sqrt lambda * norm n nu.
Proof.
  intros Hl Hform. set (g := adjoint n X (fun i => active p i * nu i)).
  assert (Hactive : forall i, active p i * active p i <= 1) by (intros i; unfold active; destruct (p i); lra).
  assert (H : norm2 d g <= norm n nu * (sqrt lambda * norm d g)).
  { unfold norm2. unfold g at 1. rewrite dot_adjoint.
    eapply Rle_trans; [apply (cauchy_schwarz n (fun i => active p i * nu i) (row g))|].
    apply Rmult_le_compat; try apply norm_nonneg.
    - apply sqrt_le_1_alt, sum_le. intros i _. assert (h := Hactive i). assert (h2 := Rle_0_sqr (nu i)).
      unfold Rsqr in h2. nra.
    - unfold norm at 2. rewrite <- sqrt_mult_alt by exact Hl. apply sqrt_le_1_alt.
      eapply Rle_trans; [|apply (Hform g)]. right. apply sum_ext. intros; ring. }
  rewrite <- norm_square in H. destruct (Req_dec (norm d g) 0) as [Hz|Hz].
  - rewrite Hz. apply Rmult_le_pos; [apply sqrt_pos | apply norm_nonneg].
  - assert (Hg := norm_nonneg d g). apply Rmult_le_reg_r with (norm d g); [lra|]. lra.
Qed.
End ClosedForm.
