(* Transfer: ANY fixed-width approximations become a multigrade scheme at twice their error, each grade composed on the state (x, sums) of the one before. *)
From Coq Require Import Reals List Lra Lia Arith.
From Multigrade Require Import FiniteSum TrainingBound SoftThreshold KuhnHat Continuity CubeIntegral Scheme ReluNetwork NarrowNetwork.
From Multigrade Require Import Hypercube.
Import ListNotations.
Open Scope R_scope.

Section Transfer.
Variables d W : nat.
Hypothesis W_d : (d <= W)%nat.
Hypothesis W_2 : (2 <= W)%nat.
Definition shift (a : affine) : affine := (map (fun t => (fst t, (d + 2 + snd t)%nat)) (fst a), snd a).
Definition tw : nat := (d + 2 + W)%nat.
Definition lay (p q : affine) (rest : nat -> affine) : layer := fun i =>
  if Nat.ltb i d then carry i else if Nat.eqb i d then p else if Nat.eqb i (d + 1) then q else rest (i - (d + 2))%nat.
Definition lift (L : layer) : layer := lay (carry d) (carry (d + 1)) (fun i => shift (L i)).
Definition copy : layer := lay (carry d) (carry (d + 1)) (fun i => if Nat.ltb i d then carry i else nothing).
Definition sums_ : affine := ([(1, d); (-1, (d + 1)%nat)], 0).
Definition cut (r : affine) (eps : R) : layer := lay (carry d) (carry (d + 1)) (fun i =>
  match i with 0 => subtract (subtract (shift r) sums_) ([], eps) | 1 => subtract (subtract sums_ (shift r)) ([], eps) | _ => nothing end%nat).
Definition gather : layer := lay ([(1, d); (1, (d + 2)%nat)], 0) ([(1, (d + 1)%nat); (1, (d + 3)%nat)], 0)
  (fun i => match i with 0 => carry (d + 2) | 1 => carry (d + 3) | _ => nothing end%nat).
Definition out_ : affine := ([(1, (d + 2)%nat); (-1, (d + 3)%nat)], 0).
Definition tgrade (ls : list layer) (r : affine) (eps : R) : list layer := copy :: map lift ls ++ [cut r eps; gather].

Definition st (x : nat -> R) (P Q : R) (h H : nat -> R) : Prop :=
  (forall i, (i < d)%nat -> H i = x i) /\ H d = P /\ H (d + 1)%nat = Q /\ forall c, H (d + 2 + c)%nat = h c.

Lemma lay_step p q rest x H : (forall i, (i < d)%nat -> 0 <= x i) -> (forall i, (i < d)%nat -> H i = x i) ->
  st x (relu (eval p H)) (relu (eval q H)) (fun c => if Nat.ltb c W then relu (eval (rest c) H) else 0) (apply tw (lay p q rest) H).
Proof.
  intros Hx HH. unfold apply, lay, tw. split; [|split; [|split]].
  - intros i Hi. rewrite (proj2 (Nat.ltb_lt i _)) by lia. rewrite (proj2 (Nat.ltb_lt i d)) by lia.
    unfold eval, carry. cbn [fst snd lsum]. rewrite HH by exact Hi. replace (1 * x i + 0 + 0) with (x i) by ring. apply relu_pos; auto.
  - rewrite (proj2 (Nat.ltb_lt d _)) by lia. rewrite Nat.ltb_irrefl, Nat.eqb_refl. reflexivity.
  - rewrite (proj2 (Nat.ltb_lt (d + 1) _)) by lia. rewrite (proj2 (Nat.ltb_ge (d + 1) d)) by lia.
    rewrite (proj2 (Nat.eqb_neq (d + 1) d)) by lia. rewrite Nat.eqb_refl. reflexivity.
  - intros c. rewrite (proj2 (Nat.ltb_ge (d + 2 + c) d)) by lia. rewrite (proj2 (Nat.eqb_neq (d + 2 + c) d)) by lia.
    rewrite (proj2 (Nat.eqb_neq (d + 2 + c) (d + 1))) by lia. replace (d + 2 + c - (d + 2))%nat with c by lia.
    destruct (Nat.ltb_spec c W); [rewrite (proj2 (Nat.ltb_lt _ _)) by lia; reflexivity | rewrite (proj2 (Nat.ltb_ge _ _)) by lia; reflexivity].
Qed.
Lemma eval_carry i H : eval (carry i) H = H i. Proof. unfold eval, carry. cbn [fst snd lsum]. ring. Qed.
Lemma eval_shift a h H : (forall c, H (d + 2 + c)%nat = h c) -> eval (shift a) H = eval a h.
Proof. intros Hh. unfold eval, shift. cbn [fst snd]. rewrite lsum_map. cbn [fst snd]. f_equal. apply lsum_ext. intros t _. now rewrite Hh. Qed.
Lemma eval_sums x P Q h H : st x P Q h H -> eval sums_ H = P - Q.
Proof. intros [_ [H1 [H2 _]]]. unfold eval, sums_. cbn [fst snd lsum]. rewrite H1, H2. ring. Qed.

Lemma lifted_run ls : forall x P Q h H, (forall i, (i < d)%nat -> 0 <= x i) -> 0 <= P -> 0 <= Q -> st x P Q h H ->
  st x P Q (run W ls h) (run tw (map lift ls) H).
Proof.
  induction ls as [|L ls IH]; intros x P Q h H Hx HP HQ HS; [exact HS|]. cbn [map run]. apply IH; auto.
  destruct HS as [H0 [H1 [H2 H3]]]. destruct (lay_step (carry d) (carry (d + 1)) (fun i => shift (L i)) x H Hx H0) as [K0 [K1 [K2 K3]]].
  rewrite eval_carry, H1, relu_pos in K1 by exact HP. rewrite eval_carry, H2, relu_pos in K2 by exact HQ.
  split; [exact K0|]. split; [exact K1|]. split; [exact K2|]. intros c. unfold lift. rewrite K3. unfold apply.
  destruct (Nat.ltb c W); [|reflexivity]. now rewrite (eval_shift (L c) h H H3).
Qed.

(** One grade: from the state with sums P, Q to that with the correction added, which is read out. *)
Lemma tgrade_run ls r eps (v : point d) P Q h H : cube v -> 0 <= P -> 0 <= Q -> 0 <= eps ->
  st (coordinates v) P Q h H ->
  exists P' Q' h', 0 <= P' /\ 0 <= Q' /\ st (coordinates v) P' Q' h' (run tw (tgrade ls r eps) H)
    /\ P' - Q' = P - Q + soft eps (eval r (run W ls (input v)) - (P - Q))
    /\ eval out_ (run tw (tgrade ls r eps) H) = soft eps (eval r (run W ls (input v)) - (P - Q)).
Proof.
  intros Hv HP HQ Heps [H0 [H1 [H2 H3]]]. assert (Hx : forall i, (i < d)%nat -> 0 <= coordinates v i) by (intros; now apply coordinates_nonneg).
  unfold tgrade. cbn [run]. rewrite run_app. cbn [run].
  destruct (lay_step (carry d) (carry (d + 1)) (fun i => if Nat.ltb i d then carry i else nothing) _ H Hx H0) as [K0 [K1 [K2 K3]]].
  fold copy in K0, K1, K2, K3. set (A := apply tw copy H) in *.
  rewrite eval_carry, H1, relu_pos in K1 by exact HP. rewrite eval_carry, H2, relu_pos in K2 by exact HQ.
  assert (HA : st (coordinates v) P Q (input v) A).
  { split; [exact K0|]. split; [exact K1|]. split; [exact K2|]. intros c. rewrite K3. unfold input.
    destruct (Nat.ltb_spec c W); destruct (Nat.ltb_spec c d); try lia; try reflexivity.
    - rewrite eval_carry, H0 by assumption. apply relu_pos. now apply Hx.
    - unfold eval, nothing. simpl. apply relu_neg. lra. }
  assert (HB := lifted_run ls _ P Q _ A Hx HP HQ HA). set (B := run tw (map lift ls) A) in *.
  assert (HB' := HB). destruct HB' as [B0 [B1 [B2 B3]]].
  destruct (lay_step (carry d) (carry (d + 1)) (fun i => match i with 0 => subtract (subtract (shift r) sums_) ([], eps)
    | 1 => subtract (subtract sums_ (shift r)) ([], eps) | _ => nothing end%nat) _ B Hx B0) as [C0 [C1 [C2 C3]]].
  fold (cut r eps) in C0, C1, C2, C3. set (C := apply tw (cut r eps) B) in *.
  rewrite eval_carry, B1, relu_pos in C1 by exact HP. rewrite eval_carry, B2, relu_pos in C2 by exact HQ.
  set (g := eval r (run W ls (input v)) - (P - Q)).
  assert (CU : C (d + 2)%nat = relu (g - eps)).
  { assert (k := C3 0%nat). rewrite Nat.add_0_r in k. rewrite k. rewrite (proj2 (Nat.ltb_lt 0 W)) by lia.
    rewrite !eval_subtract, (eval_shift r _ B B3), (eval_sums _ P Q _ B HB). replace (eval ([], eps) B) with eps by (unfold eval; simpl; ring). first [reflexivity | unfold g; f_equal; ring]. }
  assert (CV : C (d + 3)%nat = relu (- g - eps)).
  { assert (k := C3 1%nat). replace (d + 2 + 1)%nat with (d + 3)%nat in k by lia. rewrite k. rewrite (proj2 (Nat.ltb_lt 1 W)) by lia.
    rewrite !eval_subtract, (eval_shift r _ B B3), (eval_sums _ P Q _ B HB). replace (eval ([], eps) B) with eps by (unfold eval; simpl; ring). first [reflexivity | unfold g; f_equal; ring]. }
  assert (hu := relu_nonneg (g - eps)). assert (hv := relu_nonneg (- g - eps)).
  destruct (lay_step ([(1, d); (1, (d + 2)%nat)], 0) ([(1, (d + 1)%nat); (1, (d + 3)%nat)], 0)
    (fun i => match i with 0 => carry (d + 2) | 1 => carry (d + 3) | _ => nothing end%nat) _ C Hx C0) as [D0 [D1 [D2 D3]]].
  fold gather in D0, D1, D2, D3. set (D := apply tw gather C) in *.
  unfold eval at 1 in D1. cbn [fst snd lsum] in D1. rewrite C1, CU, relu_pos in D1 by lra.
  unfold eval at 1 in D2. cbn [fst snd lsum] in D2. rewrite C2, CV, relu_pos in D2 by lra.
  assert (DU : D (d + 2)%nat = relu (g - eps)).
  { assert (k := D3 0%nat). rewrite Nat.add_0_r in k. rewrite k, (proj2 (Nat.ltb_lt 0 W)), eval_carry, CU by lia. now apply relu_pos. }
  assert (DV : D (d + 3)%nat = relu (- g - eps)).
  { assert (k := D3 1%nat). replace (d + 2 + 1)%nat with (d + 3)%nat in k by lia. rewrite k, (proj2 (Nat.ltb_lt 1 W)), eval_carry, CV by lia. now apply relu_pos. }
  exists (P + relu (g - eps)), (Q + relu (- g - eps)), (fun c => D (d + 2 + c)%nat).
  split; [lra|]. split; [lra|]. split; [|split].
  - split; [exact D0|]. split; [rewrite D1; ring|]. split; [rewrite D2; ring | reflexivity].
  - unfold soft. ring.
  - unfold eval, out_. cbn [fst snd lsum]. rewrite DU, DV. unfold soft. ring.
Qed.

Variable f : point d -> R.
Variable phi : nat -> list layer.
Variable rd : nat -> affine.
Variable eps : nat -> R.
Hypothesis f_continuous : continuous_on_cube f.
Hypothesis close : forall k x, cube x -> Rabs (f x - eval (rd k) (run W (phi k) (input x))) <= eps k.
Hypothesis vanishing : forall eta, 0 < eta -> exists k, 2 * eps k <= eta.

Fixpoint tupto (k : nat) : list layer := match k with O => [] | S k' => tupto k' ++ tgrade (phi k') (rd k') (eps k') end.
Definition tg (k : nat) (x : point d) : R := eval out_ (run tw (tupto (S k)) (input x)).

(** Universal transfer.  Width d + 2 + W, depth of grade k that of phi_k and 3; error 2 eps_k. *)
Theorem transfer : multigrade f tg /\ (forall k x, cube x -> Rabs (rest f tg (S k) x) <= 2 * eps k)
  /\ (forall k, length (tgrade (phi k) (rd k) (eps k)) = (length (phi k) + 3)%nat).
Proof.
  assert (Heps : forall k x, cube x -> 0 <= eps k) by (intros k x Hx; eapply Rle_trans; [apply Rabs_pos | exact (close k x Hx)]).
  assert (Hst : forall k x, cube x -> exists P Q h, 0 <= P /\ 0 <= Q /\ st (coordinates x) P Q h (run tw (tupto k) (input x)) /\ P - Q = sum k (fun j => tg j x)).
  { induction k as [|k IH]; intros x Hx.
    - exists 0, 0, (fun c => input x (d + 2 + c)%nat). split; [lra|]. split; [lra|]. split; [|unfold sum; simpl; ring]. cbn [tupto run].
      split; [|split; [|split; [|reflexivity]]]; unfold input.
      + intros i Hi. now rewrite (proj2 (Nat.ltb_lt i d) Hi).
      + now rewrite Nat.ltb_irrefl.
      + now rewrite (proj2 (Nat.ltb_ge (d + 1) d)) by lia.
    - destruct (IH x Hx) as [P [Q [h [HP [HQ [HS Hsum]]]]]].
      destruct (tgrade_run (phi k) (rd k) (eps k) x P Q h _ Hx HP HQ (Heps k x Hx) HS) as [P' [Q' [h' [HP' [HQ' [HS' [Hd Ho]]]]]]].
      exists P', Q', h'. split; [exact HP'|]. split; [exact HQ'|]. split; [cbn [tupto]; rewrite run_app; exact HS'|].
      rewrite sum_S, Hd, <- Ho, Hsum. unfold tg. cbn [tupto]. rewrite run_app. reflexivity. }
  assert (Hg : forall k x, cube x -> tg k x = soft (eps k) (eval (rd k) (run W (phi k) (input x)) - sum k (fun j => tg j x))).
  { intros k x Hx. destruct (Hst k x Hx) as [P [Q [h [HP [HQ [HS Hsum]]]]]].
    destruct (tgrade_run (phi k) (rd k) (eps k) x P Q h _ Hx HP HQ (Heps k x Hx) HS) as [P' [Q' [h' [_ [_ [_ [_ Ho]]]]]]].
    rewrite <- Hsum, <- Ho. unfold tg. cbn [tupto]. now rewrite run_app. }
  set (e := rest f tg). set (g := fun k x => eval (rd k) (run W (phi k) (input x)) - sum k (fun j => tg j x)).
  assert (Hnext : forall k x, e (S k) x = e k x - tg k x) by (intros; unfold e, rest; rewrite sum_S; ring).
  assert (Hclose : forall k x, cube x -> Rabs (e k x - g k x) <= eps k).
  { intros k x Hx. unfold e, g, rest. match goal with |- Rabs ?t <= _ => replace t with (f x - eval (rd k) (run W (phi k) (input x))) by ring end. now apply close. }
  assert (Hdz : forall k x, cube x -> Rabs (e (S k) x) <= Rabs (e k x) /\ Rabs (e (S k) x) <= 2 * eps k /\ (tg k x <> 0 -> Rabs (e (S k) x) < Rabs (e k x))).
  { intros k x Hx. rewrite Hnext, Hg by exact Hx. destruct (dead_zone (e k x) (g k x) (eps k) (Hclose k x Hx)) as [h1 [h2 h3]].
    split; [exact h1|]. split; [exact h2|]. intros Hne. apply h3. apply Rnot_le_lt. intros hle. apply Hne. now apply soft_dead. }
  assert (Huc : forall k, uniformly_continuous (e k)).
  { intros k. unfold e, rest. apply uniformly_continuous_minus; [now apply heine|]. apply uc_sum. intros j. unfold tg.
    apply (uc_eval d _ (fun v => run tw (tupto (S j)) (input v))), (uc_run d _ _ (fun v => input v)), uc_input. }
  split; [|split].
  - split; [|split; [|split; [|split]]]; fold e.
    + intros k x Hx. now apply Hdz.
    + intros k x Hx. now apply Hdz.
    + intros eta Heta. destruct (vanishing eta Heta) as [K HK]. exists (S K). intros k x Hk Hx.
      induction Hk as [|k _ IH]; [destruct (Hdz K x Hx) as [_ [h _]]; lra|]. destruct (Hdz k x Hx) as [h _]. lra.
    + intros p k Hp [x [Hx Hne]]. apply lp_decay with x; auto; [intros z Hz; now apply Hdz | now apply Hdz].
    + intros p k Hp [x [Hx Hne]]. apply lp_norm_decay with x; auto; [intros z Hz; now apply Hdz | now apply Hdz].
  - intros k x Hx. now apply Hdz.
  - intros k. unfold tgrade. cbn [length]. rewrite app_length, map_length. simpl. lia.
Qed.
End Transfer.
