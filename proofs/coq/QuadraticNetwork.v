(** * Quadratics by networks of fixed width, at a geometric rate

    f = affine + sum c u(t), u(t) = t (1 - t), t affine with values in [0,1] on the cube: every polynomial of degree 2 is one
    (Squares.v). Each term takes a layer that enters t, and a layer for each fold of the tent; the sums of the positive and of the
    negative terms are carried. Width d + 4, (K + 1) layers per term, error sum |c| / 4^(K+1); by Transfer.v a multigrade scheme. *)

From Coq Require Import Reals List Lra Lia Arith FunctionalExtensionality.
From Multigrade Require Import FiniteSum TrainingBound KuhnHat Continuity Scheme ReluNetwork Hypercube Transfer TentScheme.
Import ListNotations.
Open Scope R_scope.

(** folded 1 y / 4 + ... + folded K y / 4^K. *)
Definition truncated (K : nat) (y : R) : R := sum K (fun j => folded (S j) y / 4 ^ S j).

Lemma truncated_error K y : 0 <= y <= 1 -> parabola y - truncated K y = parabola (folded K y) / 4 ^ K.
Proof.
  intros Hy. induction K as [|K IH]; [unfold truncated, sum; simpl; field|].
  unfold truncated in *. rewrite sum_S. replace (parabola y - (sum K (fun j => folded (S j) y / 4 ^ S j) + folded (S K) y / 4 ^ S K))
    with (parabola (folded K y) / 4 ^ K - folded (S K) y / 4 ^ S K) by (rewrite <- IH; ring).
  rewrite (parabola_folds (folded K y)) by now apply folded_range. cbn [folded pow]. field. apply pow_nonzero. lra.
Qed.

Lemma truncated_rate K y : 0 <= y <= 1 -> Rabs (parabola y - truncated K y) <= / 4 ^ S K.
Proof.
  intros Hy. rewrite truncated_error by exact Hy. assert (h := parabola_range _ (folded_range K y Hy)). assert (hp := power4 K).
  replace (/ 4 ^ S K) with (/ 4 * / 4 ^ K) by (simpl; field; apply pow_nonzero; lra). unfold Rdiv. rewrite Rabs_pos_eq; nra.
Qed.

Section Network.
Variable d : nat.
Definition qw : nat := d + 4.

Definition enter_term (t : affine) : layer := fun i =>
  if Nat.ltb i d then carry i
  else if Nat.eqb i d then t
  else if Nat.eqb i (d + 1) then (fst t, snd t - 1 / 2)
  else carry i.
(** The fold number j of a term with the factor c. *)
Definition fold_term (c : R) (j : nat) : layer := fun i =>
  if Nat.ltb i d then carry i
  else if Nat.eqb i d then ([(2, d); (-4, (d + 1)%nat)], 0)
  else if Nat.eqb i (d + 1) then ([(2, d); (-4, (d + 1)%nat)], - (1 / 2))
  else if Nat.eqb i (d + 2) then ([(1, (d + 2)%nat); (relu c * 2 / 4 ^ j, d); (relu c * -4 / 4 ^ j, (d + 1)%nat)], 0)
  else ([(1, (d + 3)%nat); (relu (- c) * 2 / 4 ^ j, d); (relu (- c) * -4 / 4 ^ j, (d + 1)%nat)], 0).

Fixpoint folds (c : R) (K : nat) : list layer := match K with O => [] | S K' => folds c K' ++ [fold_term c K] end.
Definition term_layers (K : nat) (p : R * affine) : list layer := enter_term (snd p) :: folds (fst p) K.
Definition quadratic_layers (K : nat) (terms : list (R * affine)) : list layer := flat_map (term_layers K) terms.
Definition quadratic_readout (l : affine) : affine := (fst l ++ [(1, (d + 2)%nat); (-1, (d + 3)%nat)], snd l).

Definition reads_inputs (a : affine) : Prop := forall p, In p (fst a) -> (snd p < d)%nat.

Lemma eval_inputs a h x : reads_inputs a -> (forall i, (i < d)%nat -> h i = x i) -> eval a h = eval a x.
Proof. intros Ha Hh. unfold eval. f_equal. apply lsum_ext. intros p Hp. now rewrite Hh by now apply Ha. Qed.

Definition carries (x : nat -> R) (P Q : R) (h : nat -> R) : Prop :=
  (forall i, (i < d)%nat -> h i = x i) /\ h (d + 2)%nat = P /\ h (d + 3)%nat = Q.

Lemma apply_at L h i : (i < qw)%nat -> apply qw L h i = relu (eval (L i) h).
Proof. intros Hi. unfold apply. now rewrite (proj2 (Nat.ltb_lt i qw) Hi). Qed.

Lemma eval_one i h : eval (carry i) h = h i.
Proof. unfold eval, carry. cbn [fst snd lsum]. ring. Qed.

Lemma enter_run t x P Q h : (forall i, (i < d)%nat -> 0 <= x i) -> 0 <= P -> 0 <= Q -> reads_inputs t -> carries x P Q h ->
  carries x P Q (apply qw (enter_term t) h) /\ apply qw (enter_term t) h d = relu (eval t x)
  /\ apply qw (enter_term t) h (d + 1)%nat = relu (eval t x - 1 / 2).
Proof.
  intros Hx HP HQ Ht [H0 [H1 H2]]. unfold qw in *. split; [split; [|split]|split].
  - intros i Hi. rewrite apply_at by (unfold qw; lia). unfold enter_term. rewrite (proj2 (Nat.ltb_lt i d) Hi), eval_one, H0 by exact Hi.
    apply relu_pos. now apply Hx.
  - rewrite apply_at by (unfold qw; lia). unfold enter_term. destruct (Nat.ltb_spec (d + 2) d), (Nat.eqb_spec (d + 2) d), (Nat.eqb_spec (d + 2) (d + 1)); try lia.
    rewrite eval_one, H1. now apply relu_pos.
  - rewrite apply_at by (unfold qw; lia). unfold enter_term. destruct (Nat.ltb_spec (d + 3) d), (Nat.eqb_spec (d + 3) d), (Nat.eqb_spec (d + 3) (d + 1)); try lia.
    rewrite eval_one, H2. now apply relu_pos.
  - rewrite apply_at by (unfold qw; lia). unfold enter_term. rewrite Nat.ltb_irrefl, Nat.eqb_refl. f_equal. now apply eval_inputs.
  - rewrite apply_at by (unfold qw; lia). unfold enter_term. destruct (Nat.ltb_spec (d + 1) d), (Nat.eqb_spec (d + 1) d); try lia.
    rewrite Nat.eqb_refl. f_equal. replace (eval (fst t, snd t - 1 / 2) h) with (eval t h - 1 / 2) by (unfold eval; cbn [fst snd]; ring).
    f_equal. now apply eval_inputs.
Qed.

Lemma fold_run c j y x P Q h : (forall i, (i < d)%nat -> 0 <= x i) -> 0 <= y <= 1 -> 0 <= P -> 0 <= Q -> carries x P Q h ->
  h d = relu (folded j y) -> h (d + 1)%nat = relu (folded j y - 1 / 2) ->
  carries x (P + relu c * (folded (S j) y / 4 ^ S j)) (Q + relu (- c) * (folded (S j) y / 4 ^ S j)) (apply qw (fold_term c (S j)) h)
  /\ apply qw (fold_term c (S j)) h d = relu (folded (S j) y) /\ apply qw (fold_term c (S j)) h (d + 1)%nat = relu (folded (S j) y - 1 / 2).
Proof.
  intros Hx Hy HP HQ [H0 [H1 H2]] Hf Hg. assert (hr := folded_range (S j) y Hy). assert (hp := power4 (S j)).
  assert (hc := relu_nonneg c). assert (hc' := relu_nonneg (- c)).
  assert (ht : 0 <= folded (S j) y / 4 ^ S j) by (unfold Rdiv; nra).
  assert (E : 2 * h d + -4 * h (d + 1)%nat = folded (S j) y) by (rewrite Hf, Hg; cbn [folded]; unfold tent; ring).
  set (q := 4 ^ S j) in *. assert (hq : 0 < q) by (unfold q; apply pow_lt; lra).
  split; [split; [|split]|split].
  - intros i Hi. rewrite apply_at by (unfold qw; lia). unfold fold_term. rewrite (proj2 (Nat.ltb_lt i d) Hi), eval_one, H0 by exact Hi.
    apply relu_pos. now apply Hx.
  - rewrite apply_at by (unfold qw; lia). unfold fold_term.
    destruct (Nat.ltb_spec (d + 2) d), (Nat.eqb_spec (d + 2) d), (Nat.eqb_spec (d + 2) (d + 1)); try lia. rewrite Nat.eqb_refl.
    unfold eval. cbn [fst snd lsum]. rewrite H1. fold q. rewrite <- E in *.
    rewrite relu_pos; [field; lra|].
    replace (1 * P + (relu c * 2 / q * h d + (relu c * -4 / q * h (d + 1)%nat + 0)) + 0) with (P + relu c * ((2 * h d + -4 * h (d + 1)%nat) / q)) by (field; lra).
    nra.
  - rewrite apply_at by (unfold qw; lia). unfold fold_term.
    destruct (Nat.ltb_spec (d + 3) d), (Nat.eqb_spec (d + 3) d), (Nat.eqb_spec (d + 3) (d + 1)), (Nat.eqb_spec (d + 3) (d + 2)); try lia.
    unfold eval. cbn [fst snd lsum]. rewrite H2. fold q. rewrite <- E in *.
    rewrite relu_pos; [field; lra|].
    replace (1 * Q + (relu (- c) * 2 / q * h d + (relu (- c) * -4 / q * h (d + 1)%nat + 0)) + 0) with (Q + relu (- c) * ((2 * h d + -4 * h (d + 1)%nat) / q)) by (field; lra).
    nra.
  - rewrite apply_at by (unfold qw; lia). unfold fold_term. rewrite Nat.ltb_irrefl, Nat.eqb_refl. f_equal. unfold eval. cbn [fst snd lsum]. rewrite <- E. ring.
  - rewrite apply_at by (unfold qw; lia). unfold fold_term. destruct (Nat.ltb_spec (d + 1) d), (Nat.eqb_spec (d + 1) d); try lia.
    rewrite Nat.eqb_refl. f_equal. unfold eval. cbn [fst snd lsum]. rewrite <- E. ring.
Qed.

Lemma folds_run c y x P Q h K : (forall i, (i < d)%nat -> 0 <= x i) -> 0 <= y <= 1 -> 0 <= P -> 0 <= Q -> carries x P Q h ->
  h d = relu y -> h (d + 1)%nat = relu (y - 1 / 2) ->
  carries x (P + relu c * truncated K y) (Q + relu (- c) * truncated K y) (run qw (folds c K) h)
  /\ run qw (folds c K) h d = relu (folded K y) /\ run qw (folds c K) h (d + 1)%nat = relu (folded K y - 1 / 2) /\ 0 <= truncated K y.
Proof.
  intros Hx Hy HP HQ Hc Hd Hd1. induction K as [|K [IH0 [IH1 [IH2 IH3]]]].
  - cbn [folds run folded]. unfold truncated, sum. cbn [seq lsum]. rewrite !Rmult_0_r, !Rplus_0_r. repeat split; try apply Hc; auto. lra.
  - cbn [folds]. rewrite run_app. cbn [run].
    assert (hc := relu_nonneg c). assert (hc' := relu_nonneg (- c)).
    assert (h1 : 0 <= relu c * truncated K y) by now apply Rmult_le_pos. assert (h2 : 0 <= relu (- c) * truncated K y) by now apply Rmult_le_pos.
    destruct (fold_run c K y x (P + relu c * truncated K y) (Q + relu (- c) * truncated K y) _ Hx Hy ltac:(lra) ltac:(lra) IH0 IH1 IH2) as [E0 [E1 E2]].
    assert (Et : truncated (S K) y = truncated K y + folded (S K) y / 4 ^ S K) by (unfold truncated; now rewrite sum_S).
    assert (hr := folded_range (S K) y Hy). assert (hp := power4 (S K)).
    rewrite Et. split; [|split; [exact E1 | split; [exact E2 | unfold Rdiv; nra]]].
    replace (P + relu c * (truncated K y + folded (S K) y / 4 ^ S K)) with (P + relu c * truncated K y + relu c * (folded (S K) y / 4 ^ S K)) by ring.
    replace (Q + relu (- c) * (truncated K y + folded (S K) y / 4 ^ S K)) with (Q + relu (- c) * truncated K y + relu (- c) * (folded (S K) y / 4 ^ S K)) by ring.
    exact E0.
Qed.

Lemma relu_parts c : relu c - relu (- c) = c.
Proof. destruct (Rle_dec 0 c); [rewrite relu_pos, relu_neg | rewrite relu_neg, relu_pos]; lra. Qed.

Definition term_value (u : R -> R) (x : nat -> R) (p : R * affine) : R := fst p * u (eval (snd p) x).

Lemma terms_run K x terms : forall P Q h, (forall i, (i < d)%nat -> 0 <= x i) -> 0 <= P -> 0 <= Q -> carries x P Q h ->
  (forall p, In p terms -> reads_inputs (snd p) /\ 0 <= eval (snd p) x <= 1) ->
  exists P' Q', carries x P' Q' (run qw (quadratic_layers K terms) h) /\ P' - Q' = P - Q + lsum terms (term_value (truncated K) x).
Proof.
  induction terms as [|p terms IH]; intros P Q h Hx HP HQ Hc Hp.
  - exists P, Q. split; [exact Hc | cbn [lsum]; ring].
  - destruct (Hp p (or_introl eq_refl)) as [Hr Hy]. cbn [quadratic_layers flat_map]. fold (quadratic_layers K terms). rewrite run_app.
    unfold term_layers at 1. cbn [run].
    destruct (enter_run (snd p) x P Q h Hx HP HQ Hr Hc) as [E0 [E1 E2]].
    destruct (folds_run (fst p) _ x P Q _ K Hx Hy HP HQ E0 E1 E2) as [F0 [_ [_ F3]]].
    assert (hc := relu_nonneg (fst p)). assert (hc' := relu_nonneg (- fst p)).
    assert (k1 : 0 <= relu (fst p) * truncated K (eval (snd p) x)) by now apply Rmult_le_pos.
    assert (k2 : 0 <= relu (- fst p) * truncated K (eval (snd p) x)) by now apply Rmult_le_pos.
    destruct (IH (P + relu (fst p) * truncated K (eval (snd p) x)) (Q + relu (- fst p) * truncated K (eval (snd p) x)) _ Hx ltac:(lra) ltac:(lra) F0) as [P' [Q' [G0 G1]]]; [intros q Hq; apply Hp; now right|].
    exists P', Q'. split; [exact G0|]. rewrite G1. cbn [lsum]. unfold term_value at 2. rewrite <- (relu_parts (fst p)) at 3. ring.
Qed.

(** ** The rate *)

Variable l : affine.
Variable terms : list (R * affine).
Hypothesis l_inputs : reads_inputs l.
Hypothesis terms_inputs : forall p, In p terms -> reads_inputs (snd p).
Hypothesis terms_range : forall (x : point d) p, cube x -> In p terms -> 0 <= eval (snd p) (coordinates x) <= 1.

Definition quadratic (x : point d) : R := eval l (coordinates x) + lsum terms (term_value parabola (coordinates x)).
Definition size : R := lsum terms (fun p => Rabs (fst p)).

Theorem quadratic_network_rate K (x : point d) : cube x ->
  Rabs (quadratic x - eval (quadratic_readout l) (run qw (quadratic_layers K terms) (input x))) <= size / 4 ^ S K.
Proof.
  intros Hx.
  destruct (terms_run K (coordinates x) terms 0 0 (input x)) as [P [Q [[C0 [C1 C2]] E]]]; try lra.
  - intros i Hi. now apply coordinates_nonneg.
  - unfold input. split; [intros i Hi; now rewrite (proj2 (Nat.ltb_lt i d) Hi)|].
    now rewrite (proj2 (Nat.ltb_ge (d + 2) d)), (proj2 (Nat.ltb_ge (d + 3) d)) by lia.
  - intros p Hp. split; [now apply terms_inputs | now apply terms_range].
  - set (h := run qw _ _) in *.
    assert (R : eval (quadratic_readout l) h = eval l (coordinates x) + (P - Q)).
    { unfold quadratic_readout. rewrite <- (eval_inputs l h (coordinates x) l_inputs C0). unfold eval. cbn [fst snd].
      rewrite lsum_app. cbn [lsum fst snd]. rewrite C1, C2. ring. }
    rewrite R, E. unfold quadratic, size.
    replace (eval l (coordinates x) + lsum terms (term_value parabola (coordinates x)) - (eval l (coordinates x) + (0 - 0 + lsum terms (term_value (truncated K) (coordinates x)))))
      with (lsum terms (fun p => fst p * (parabola (eval (snd p) (coordinates x)) - truncated K (eval (snd p) (coordinates x))))).
    2: { rewrite (lsum_ext terms _ (fun p => term_value parabola (coordinates x) p - term_value (truncated K) (coordinates x) p)) by (intros; unfold term_value; ring).
         rewrite lsum_minus. ring. }
    unfold Rdiv. rewrite <- lsum_scal_r. eapply Rle_trans; [apply lsum_abs|]. apply lsum_le. intros p Hp. rewrite Rabs_mult.
    apply Rmult_le_compat_l; [apply Rabs_pos|]. apply truncated_rate. now apply terms_range.
Qed.

Theorem quadratic_network_depth K : length (quadratic_layers K terms) = (length terms * (K + 1))%nat.
Proof.
  assert (H : forall c, length (folds c K) = K) by (intros c; induction K as [|k IH]; [reflexivity|]; cbn [folds]; rewrite app_length, IH; simpl; lia).
  unfold quadratic_layers. clear - H. induction terms as [|p ts IH]; [reflexivity|].
  cbn [flat_map]. rewrite app_length, IH. unfold term_layers. cbn [length]. rewrite H. lia.
Qed.
End Network.

Lemma rate_vanishes c eta : 0 <= c -> 0 < eta -> exists k, c / 4 ^ S k <= eta.
Proof.
  intros Hc Heta. destruct (small_inverse (eta / (c + 1))) as [m Hm]; [apply Rdiv_lt_0_compat; lra|]. exists m.
  assert (hp := power4 (S m)). assert (hm : / 4 ^ S m <= / INR (S m)).
  { apply Rinv_le_contravar; [apply lt_0_INR; lia|]. apply Rle_trans with (INR (2 ^ S m)).
    - apply le_INR. assert (b := below_power_of_two (S m)). lia.
    - rewrite pow_INR. apply pow_incr. simpl. lra. }
  assert (hk : / 4 ^ S m * (c + 1) <= eta).
  { apply Rle_trans with (eta / (c + 1) * (c + 1)); [apply Rmult_le_compat_r; lra | right; field; lra]. }
  unfold Rdiv. nra.
Qed.

(** A limit of networks, so continuous. *)
Lemma quadratic_uniform d (l : affine) (terms : list (R * affine)) :
  reads_inputs d l -> (forall p, In p terms -> reads_inputs d (snd p)) ->
  (forall (x : point d) p, cube x -> In p terms -> 0 <= eval (snd p) (coordinates x) <= 1) ->
  uniformly_continuous (quadratic d l terms).
Proof.
  intros Hl Ht Hr eps Heps. assert (Hsize : 0 <= size terms) by (apply lsum_nonneg; intros; apply Rabs_pos).
  destruct (rate_vanishes (size terms) (eps / 3) Hsize ltac:(lra)) as [K HK].
  set (phi := fun x : point d => eval (quadratic_readout d l) (run (qw d) (quadratic_layers d K terms) (input x))).
  assert (Hphi : uniformly_continuous phi) by apply (uc_eval d _ (fun v => run (qw d) (quadratic_layers d K terms) (input v))), (uc_run d (qw d) _ (fun v => input v)), uc_input.
  destruct (Hphi (eps / 3) ltac:(lra)) as [r [h H]]. exists r. split; [exact h|]. intros x y Hx Hy Hxy. specialize (H x y Hx Hy Hxy).
  assert (h1 := quadratic_network_rate d l terms Hl Ht Hr K x Hx). assert (h2 := quadratic_network_rate d l terms Hl Ht Hr K y Hy).
  fold (phi x) in h1. fold (phi y) in h2.
  replace (quadratic d l terms x - quadratic d l terms y)
    with (quadratic d l terms x - phi x + (phi x - phi y) + - (quadratic d l terms y - phi y)) by ring.
  eapply Rle_trans; [apply Rabs_triang|]. rewrite Rabs_Ropp.
  assert (h3 := Rabs_triang (quadratic d l terms x - phi x) (phi x - phi y)). lra.
Qed.

(** A multigrade scheme of width d + 2 + (d + 4), grade k of (K + 1) layers per term and 3, K = k, and error 2 sum |c| / 4^(k+1). *)
Theorem quadratic_multigrade d (l : affine) (terms : list (R * affine)) :
  reads_inputs d l -> (forall p, In p terms -> reads_inputs d (snd p)) ->
  (forall (x : point d) p, cube x -> In p terms -> 0 <= eval (snd p) (coordinates x) <= 1) ->
  exists (grade : nat -> point d -> R) (layers : nat -> list layer),
    multigrade (quadratic d l terms) grade
    /\ (forall k x, cube x -> Rabs (rest (quadratic d l terms) grade (S k) x) <= 2 * (size terms / 4 ^ S k))
    /\ (forall k, length (layers k) = (length terms * (k + 1) + 3)%nat)
    /\ (forall k x, grade k x = eval (out_ d) (run (tw d (qw d)) (flat_map layers (seq 0 (S k))) (input x))).
Proof.
  intros Hl Ht Hr. assert (Hc := uniform_is_continuous _ _ (quadratic_uniform d l terms Hl Ht Hr)).
  set (phi := fun k => quadratic_layers d k terms). set (rd := fun _ : nat => quadratic_readout d l). set (eps := fun k => size terms / 4 ^ S k).
  assert (Hclose : forall k (x : point d), cube x -> Rabs (quadratic d l terms x - eval (rd k) (run (qw d) (phi k) (input x))) <= eps k)
    by (intros k x Hx; now apply quadratic_network_rate).
  assert (Hsize : 0 <= size terms) by (apply lsum_nonneg; intros; apply Rabs_pos).
  assert (Hvanish : forall eta, 0 < eta -> exists k, 2 * eps k <= eta).
  { intros eta Heta. destruct (rate_vanishes (size terms) (eta / 2) Hsize ltac:(lra)) as [k Hk]. exists k. unfold eps. lra. }
  destruct (transfer d (qw d) ltac:(unfold qw; lia) ltac:(unfold qw; lia) (quadratic d l terms) phi rd eps Hc Hclose Hvanish) as [T1 [T2 T3]].
  exists (tg d (qw d) phi rd eps), (fun k => tgrade d (phi k) (rd k) (eps k)).
  split; [exact T1|]. split; [exact T2|]. split.
  - intros k. rewrite T3. unfold phi. rewrite quadratic_network_depth. reflexivity.
  - intros k x. unfold tg. do 2 f_equal.
    assert (F : forall j, tupto d phi rd eps j = flat_map (fun k => tgrade d (phi k) (rd k) (eps k)) (seq 0 j)).
    { induction j as [|j IH]; [reflexivity|]. rewrite seq_S, flat_map_app. cbn [tupto]. rewrite IH. cbn [flat_map plus]. now rewrite app_nil_r. }
    now rewrite F.
Qed.

(** Every polynomial of degree 2 in one variable: width 8, grade k of k + 4 layers, error |c| / (2 4^k). *)
Theorem quadratic_polynomial_multigrade a b c : let f := fun x : point 1 => a + b * fst x + c * (fst x * fst x) in
  exists (grade : nat -> point 1 -> R) (layers : nat -> list layer),
    multigrade f grade /\ (forall k x, cube x -> Rabs (rest f grade (S k) x) <= 2 * (Rabs c / 4 ^ S k))
    /\ (forall k, length (layers k) = (k + 4)%nat)
    /\ (forall k x, grade k x = eval (out_ 1) (run 8 (flat_map layers (seq 0 (S k))) (input x))).
Proof.
  intros f. set (l := ([(b + c, 0%nat)], a) : affine). set (terms := [(- c, ([(1, 0%nat)], 0) : affine)]).
  destruct (quadratic_multigrade 1 l terms) as [grade [layers [H1 [H2 [H3 H4]]]]].
  - intros p [<-|[]]. simpl. lia.
  - intros p [<-|[]] q [<-|[]]. simpl. lia.
  - intros [x []] p Hx [<-|[]]. unfold eval. simpl in *. destruct Hx as [Hx _]. lra.
  - assert (E : forall x, quadratic 1 l terms x = f x).
    { intros [x []]. unfold quadratic, term_value, parabola, f, l, terms, eval. simpl. ring. }
    assert (Er : forall k x, rest (quadratic 1 l terms) grade k x = rest f grade k x) by (intros; unfold rest; now rewrite E).
    exists grade, layers. split; [|split; [|split]].
    + destruct H1 as [M1 [M2 [M3 [M4 M5]]]]. split; [|split; [|split; [|split]]].
      * intros k x Hx. rewrite <- !Er. now apply M1.
      * intros k x Hx Hn. rewrite <- !Er. now apply M2.
      * intros eta Heta. destruct (M3 eta Heta) as [K HK]. exists K. intros k x Hk Hx. rewrite <- Er. now apply HK.
      * intros p k Hp Hx. specialize (M4 p k Hp Hx).
        assert (F : forall k, rest (quadratic 1 l terms) grade k = rest f grade k) by (intros j; apply functional_extensionality; intros x; apply Er).
        now rewrite !F in M4.
      * intros p k Hp Hx. specialize (M5 p k Hp Hx).
        assert (F : forall k, rest (quadratic 1 l terms) grade k = rest f grade k) by (intros j; apply functional_extensionality; intros x; apply Er).
        now rewrite !F in M5.
    + intros k x Hx. rewrite <- Er. replace (Rabs c) with (size terms) by (unfold size, terms; cbn [lsum fst]; rewrite Rabs_Ropp; ring). now apply H2.
    + intros k. rewrite H3. unfold terms. cbn [length]. lia.
    + exact H4.
Qed.
