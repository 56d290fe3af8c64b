(** * Logarithms in integers

    ln ((1 + t) / (1 - t)) lies between 2 (t + t^3/3 + ... ) cut off after some terms and the same with 3 t^m / m in the place of
    the rest, for 3 t^2 <= 1. Evaluated with numbers over a scale Q, rounded up or down, that bounds ln (a / S) from above
    ([log_above_sound]), and so the entropy of a / S from below. *)

From Coq Require Import Reals Lra Lia ZArith.
From Coquelicot Require Import Coquelicot.
From Multigrade Require Import Losses.
Open Scope R_scope.

(** ** The series *)

(** 2 t^m/m + 2 t^(m+2)/(m+2) + ..., K terms, and rest t^m/m for the last m; m = 2j + 1. *)
Fixpoint series (rest : R) (K j : nat) (t : R) : R :=
  match K with
  | O => rest * (t ^ (2 * j + 1) / INR (2 * j + 1))
  | S K' => 2 * (t ^ (2 * j + 1) / INR (2 * j + 1)) + series rest K' (S j) t
  end.
Fixpoint slope (rest : R) (K j : nat) (t : R) : R :=
  match K with O => rest * t ^ (2 * j) | S K' => 2 * t ^ (2 * j) + slope rest K' (S j) t end.

Lemma power_derive j t : is_derive (fun t => t ^ (2 * j + 1) / INR (2 * j + 1)) t (t ^ (2 * j)).
Proof.
  replace (2 * j + 1)%nat with (S (2 * j)) by lia. generalize (2 * j)%nat as k. intros k.
  assert (h : INR (S k) <> 0) by (apply not_0_INR; lia). set (c := INR (S k)) in *.
  apply is_derive_ext with (fun t => / c * t ^ S k); [intros u; unfold Rdiv; apply Rmult_comm|].
  replace (t ^ k) with (/ c * (c * 1 * t ^ pred (S k))) by (simpl pred; field; exact h).
  apply (is_derive_scal (fun t => t ^ S k)), (is_derive_pow (fun t => t) (S k) t 1). apply (is_derive_id t).
Qed.

Lemma series_derive rest K : forall j t, is_derive (series rest K j) t (slope rest K j t).
Proof.
  induction K as [|K IH]; intros j t; cbn [series]; cbn [slope].
  - apply (is_derive_scal (fun t => t ^ (2 * j + 1) / INR (2 * j + 1))), power_derive.
  - apply (is_derive_plus (V := R_NormedModule)); [|apply IH].
    apply (is_derive_scal (fun t => t ^ (2 * j + 1) / INR (2 * j + 1))), power_derive.
Qed.

Lemma slope_closed rest K : forall j t,
  (1 - t * t) * slope rest K j t = 2 * t ^ (2 * j) + t ^ (2 * (j + K)) * (rest * (1 - t * t) - 2).
Proof.
  induction K as [|K IH]; intros j t; cbn [slope].
  - rewrite Nat.add_0_r. ring.
  - rewrite Rmult_plus_distr_l, IH. replace (S j + K)%nat with (j + S K)%nat by lia.
    replace (2 * S j)%nat with (S (S (2 * j))) by lia. cbn [pow]. ring.
Qed.

Lemma series_at_0 rest K : forall j, series rest K j 0 = 0.
Proof.
  induction K as [|K IH]; intros j; cbn [series]; rewrite ?IH, pow_i by lia; unfold Rdiv; ring.
Qed.

Definition ln_ratio (t : R) : R := ln (1 + t) - ln (1 - t).

Lemma ln_ratio_derive t : -1 < t < 1 -> is_derive ln_ratio t (2 / (1 - t * t)).
Proof. intros H. unfold ln_ratio. auto_derive; [lra|]. field. nra. Qed.

Lemma ln_ratio_at_0 : ln_ratio 0 = 0.
Proof. unfold ln_ratio. replace (1 + 0) with 1 by ring. replace (1 - 0) with 1 by ring. ring. Qed.

(** From 0 on a function with a nonnegative derivative is nonnegative. *)
Lemma nonneg_from_0 (f f' : R -> R) T : 0 <= T -> f 0 = 0 ->
  (forall t, 0 <= t <= T -> is_derive f t (f' t)) -> (forall t, 0 <= t <= T -> 0 <= f' t) -> 0 <= f T.
Proof.
  intros HT H0 Hd Hs. destruct (MVT_gen f 0 T f') as [c [Hc E]].
  - intros x Hx. rewrite Rmin_left, Rmax_right in Hx by exact HT. apply Hd. lra.
  - intros x Hx. rewrite Rmin_left, Rmax_right in Hx by exact HT. apply continuity_pt_filterlim.
    apply (ex_derive_continuous (V := R_NormedModule)). exists (f' x). apply Hd. lra.
  - rewrite Rmin_left, Rmax_right in Hc by exact HT. assert (h := Hs c Hc). rewrite H0 in E. nra.
Qed.

Theorem ln_ratio_above K t : 0 <= t -> 3 * (t * t) <= 1 -> ln_ratio t <= series 3 K 0 t.
Proof.
  intros H0 H1. assert (Ht : t < 1) by nra.
  enough (0 <= series 3 K 0 t - ln_ratio t) by lra.
  apply (nonneg_from_0 (fun t => series 3 K 0 t - ln_ratio t) (fun t => slope 3 K 0 t - 2 / (1 - t * t)) t H0).
  - rewrite series_at_0, ln_ratio_at_0. ring.
  - intros u Hu. apply (is_derive_minus (V := R_NormedModule)); [apply series_derive | apply ln_ratio_derive; lra].
  - intros u Hu. assert (h := slope_closed 3 K 0 u). simpl Nat.add in h. simpl (u ^ (2 * 0)) in h.
    assert (Hp : 0 <= u ^ (2 * K)) by (apply pow_le; lra). assert (Hq : 0 < 1 - u * u) by nra.
    apply Rmult_le_reg_l with (1 - u * u); [exact Hq|]. unfold Rminus, Rdiv in *. rewrite Rmult_0_r, Rmult_plus_distr_l, h.
    replace ((1 + - (u * u)) * - (2 * / (1 + - (u * u)))) with (-2) by (field; lra).
    assert (Hu2 : u * u <= t * t) by nra. assert (0 <= u ^ (2 * K) * (3 * (1 + - (u * u)) + -2)) by (apply Rmult_le_pos; lra). lra.
Qed.

Theorem ln_ratio_below K t : 0 <= t < 1 -> series 0 K 0 t <= ln_ratio t.
Proof.
  intros H. enough (0 <= ln_ratio t - series 0 K 0 t) by lra.
  apply (nonneg_from_0 (fun t => ln_ratio t - series 0 K 0 t) (fun t => 2 / (1 - t * t) - slope 0 K 0 t) t); [lra| | |].
  - rewrite series_at_0, ln_ratio_at_0. ring.
  - intros u Hu. apply (is_derive_minus (V := R_NormedModule)); [apply ln_ratio_derive; lra | apply series_derive].
  - intros u Hu. assert (h := slope_closed 0 K 0 u). simpl Nat.add in h. simpl (u ^ (2 * 0)) in h.
    assert (Hp : 0 <= u ^ (2 * K)) by (apply pow_le; lra). assert (Hq : 0 < 1 - u * u) by nra.
    apply Rmult_le_reg_l with (1 - u * u); [exact Hq|]. unfold Rminus, Rdiv in *. rewrite Rmult_0_r, Rmult_plus_distr_l.
    rewrite Ropp_mult_distr_r_reverse, h. replace ((1 + - (u * u)) * (2 * / (1 + - (u * u)))) with 2 by (field; lra). lra.
Qed.

(** ** In integers over Q *)

(** a / b rounded up. *)
Definition cdiv (a b : Z) : Z := (- (- a / b))%Z.

Lemma div_below a b : (0 < b)%Z -> IZR (a / b) <= IZR a / IZR b.
Proof.
  intros H. assert (hb := IZR_lt _ _ H). apply Rmult_le_reg_r with (IZR b); [exact hb|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r, <- mult_IZR by lra. apply IZR_le.
  assert (h := Z.mul_div_le a b H). lia.
Qed.
Lemma cdiv_above a b : (0 < b)%Z -> IZR a / IZR b <= IZR (cdiv a b).
Proof.
  intros H. unfold cdiv. rewrite opp_IZR. assert (h := div_below (- a) b H). rewrite opp_IZR in h.
  unfold Rdiv in *. lra.
Qed.

(** p is t^m over Q, t2 is t^2. *)
Fixpoint series_above (Q t2 : Z) (K : nat) (m p : Z) : Z :=
  match K with O => cdiv (3 * p) m | S K' => (cdiv (2 * p) m + series_above Q t2 K' (m + 2) (cdiv (p * t2) Q))%Z end.
Fixpoint series_below (Q t2 : Z) (K : nat) (m p : Z) : Z :=
  match K with O => 0%Z | S K' => (2 * p / m + series_below Q t2 K' (m + 2) (p * t2 / Q))%Z end.

Section Scaled.
Variable Q : Z.
Hypothesis Q_pos : (0 < Q)%Z.
Lemma Qr : 0 < IZR Q. Proof. now apply IZR_lt. Qed.
Definition over (z : Z) : R := IZR z / IZR Q.
Lemma over_plus a b : over (a + b) = over a + over b.
Proof. unfold over. rewrite plus_IZR. lra. Qed.
Lemma odd_INR j : INR (2 * j + 1) = IZR (Z.of_nat (2 * j + 1)). Proof. apply INR_IZR_INZ. Qed.
Lemma next_power t j : t ^ (2 * S j + 1) = t ^ (2 * j + 1) * (t * t).
Proof. replace (2 * S j + 1)%nat with (S (S (2 * j + 1))) by lia. simpl. ring. Qed.
Lemma next_odd j m : m = Z.of_nat (2 * j + 1) -> (m + 2)%Z = Z.of_nat (2 * S j + 1).
Proof. lia. Qed.

Lemma over_scaled c a m : (0 < m)%Z -> over (c * a) / IZR m = IZR (c * a) / IZR m / IZR Q.
Proof. intros Hm. assert (h := Qr). assert (0 < IZR m) by now apply IZR_lt. unfold over. field. lra. Qed.

Lemma over_product a b : over a * over b = IZR (a * b) / IZR Q / IZR Q.
Proof. assert (h := Qr). unfold over. rewrite mult_IZR. field. lra. Qed.

Lemma divided_le a b : a <= b -> a / IZR Q <= b / IZR Q.
Proof. intros H. assert (h := Qr). apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; exact h | exact H]. Qed.

Lemma series_above_sound K : forall j m p t2 t, m = Z.of_nat (2 * j + 1) -> 0 <= t -> t ^ (2 * j + 1) <= over p -> t * t <= over t2 ->
  series 3 K j t <= over (series_above Q t2 K m p).
Proof.
  induction K as [|K IH]; intros j m p t2 t Hm Ht Hp H2; cbn [series]; cbn [series_above];
    rewrite odd_INR, <- Hm; assert (Hm0 : (0 < m)%Z) by lia; assert (Hmr := IZR_lt _ _ Hm0);
    assert (Hterm : forall c, (0 <= c)%Z -> IZR c * (t ^ (2 * j + 1) / IZR m) <= over (cdiv (c * p) m)).
  1, 3: intros c Hc; apply Rle_trans with (over (c * p) / IZR m);
    [ replace (over (c * p) / IZR m) with (IZR c * (over p / IZR m)) by (unfold over; rewrite mult_IZR; field; assert (h := Qr); lra);
      apply Rmult_le_compat_l; [now apply IZR_le|]; apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat, Hmr | exact Hp]
    | rewrite over_scaled by exact Hm0; apply divided_le, cdiv_above, Hm0 ].
  - apply (Hterm 3%Z). lia.
  - rewrite over_plus. apply Rplus_le_compat; [apply (Hterm 2%Z); lia|].
    apply IH with (t := t); [now apply next_odd | exact Ht | | exact H2].
    rewrite next_power. apply Rle_trans with (over p * over t2).
    + apply Rmult_le_compat; auto using pow_le. nra.
    + rewrite over_product. apply divided_le, cdiv_above, Q_pos.
Qed.

Lemma series_below_sound K : forall j m p t2 t, m = Z.of_nat (2 * j + 1) -> 0 <= t -> (0 <= p)%Z -> (0 <= t2)%Z ->
  over p <= t ^ (2 * j + 1) -> over t2 <= t * t -> over (series_below Q t2 K m p) <= series 0 K j t.
Proof.
  induction K as [|K IH]; intros j m p t2 t Hm Ht Hp0 H20 Hp H2; cbn [series]; cbn [series_below].
  - unfold over. lra.
  - rewrite odd_INR, <- Hm. assert (Hm0 : (0 < m)%Z) by lia. assert (Hmr := IZR_lt _ _ Hm0).
    assert (Hpos : forall z, (0 <= z)%Z -> 0 <= over z).
    { intros z Hz. assert (h := Qr). apply Rmult_le_pos; [now apply IZR_le | apply Rlt_le, Rinv_0_lt_compat, h]. }
    rewrite over_plus. apply Rplus_le_compat.
    + apply Rle_trans with (over (2 * p) / IZR m).
      * rewrite over_scaled by exact Hm0. apply divided_le, div_below, Hm0.
      * replace (over (2 * p) / IZR m) with (2 * (over p / IZR m)) by (unfold over; rewrite mult_IZR; field; assert (h := Qr); lra).
        apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat, Hmr | exact Hp].
    + apply IH with (t := t); [now apply next_odd | exact Ht | | exact H20 | | exact H2].
      * apply Z.div_pos; [now apply Z.mul_nonneg_nonneg | exact Q_pos].
      * rewrite next_power. apply Rle_trans with (over p * over t2).
        -- rewrite over_product. apply divided_le, div_below, Q_pos.
        -- apply Rmult_le_compat; auto.
Qed.
End Scaled.

(** The precision, and as many terms as it asks for at t = 1/3. *)
Definition precision : Z := (2 ^ 96)%Z.
Definition terms : nat := 31.

(** ln 2 = ln_ratio (1/3), from below. *)
Definition ln2_below : Z := series_below precision (precision / 9) terms 1 (precision / 3).

Lemma precision_pos : (0 < precision)%Z. Proof. reflexivity. Qed.

Lemma ln2_below_sound : over precision ln2_below <= ln 2.
Proof.
  apply Rle_trans with (ln_ratio (/ 3)).
  - eapply Rle_trans; [|apply (ln_ratio_below terms); lra]. unfold ln2_below.
    assert (h := Qr precision precision_pos).
    apply series_below_sound; try (vm_compute; discriminate); try reflexivity; try lra.
    + simpl pow. unfold over. apply Rmult_le_reg_r with (IZR precision); [exact h|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra.
      assert (k := div_below precision 3 eq_refl). lra.
    + unfold over. apply Rmult_le_reg_r with (IZR precision); [exact h|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra.
      assert (k := div_below precision 9 eq_refl). lra.
  - unfold ln_ratio. right. rewrite <- ln_div by lra. f_equal. field.
Qed.

(** An upper bound of ln (a / S) over the precision, for 0 < a <= S: a is doubled until it reaches S; 0 if that fails. *)
Definition log_above (a S : Z) : Z :=
  let e0 := (Z.log2 S - Z.log2 a)%Z in
  let e := if (Z.shiftl a e0 <? S)%Z then (e0 + 1)%Z else e0 in
  let m := (a * 2 ^ e)%Z in
  let t := cdiv ((m - S) * precision) (m + S) in
  if ((0 <=? e) && (S <=? m) && (3 * (t * t) <=? precision * precision))%Z%bool
  then (series_above precision (cdiv (t * t) precision) terms 1 t - e * ln2_below)%Z
  else 0%Z.

Theorem log_above_sound a S : (0 < a <= S)%Z -> ln (IZR a / IZR S) <= over precision (log_above a S).
Proof.
  intros [Ha HaS]. unfold log_above. set (e := if (_ <? S)%Z then _ else _). clearbody e. cbv zeta.
  set (m := (a * 2 ^ e)%Z). set (t := cdiv _ _).
  assert (ha := IZR_lt _ _ Ha). assert (hS : 0 < IZR S) by (apply IZR_lt; lia). assert (HaS' := IZR_le _ _ HaS).
  destruct (_ && _)%bool eqn:E.
  2: { unfold over. replace (0 / IZR precision) with 0 by (unfold Rdiv; ring). rewrite <- ln_1.
       assert (Hr : 0 < IZR a / IZR S <= 1).
       { split; [now apply Rdiv_lt_0_compat|]. apply Rmult_le_reg_r with (IZR S); [exact hS|].
         unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }
       destruct (Rle_lt_or_eq_dec _ _ (proj2 Hr)) as [h | ->]; [left; apply ln_increasing; lra | lra]. }
  apply andb_prop in E. destruct E as [E Ht]. apply andb_prop in E. destruct E as [He Hm].
  apply Z.leb_le in He, Hm, Ht. assert (hq := Qr precision precision_pos). assert (Hm0 : (0 < m)%Z) by lia.
  assert (hm := IZR_lt _ _ Hm0). assert (Hm' := IZR_le _ _ Hm). assert (hmS : 0 < IZR (m + S)) by (apply IZR_lt; lia).
  unfold Z.sub. rewrite over_plus. set (tr := over precision t).
  assert (Htrue : (IZR m - IZR S) / (IZR m + IZR S) <= tr).
  { unfold tr, over. apply Rmult_le_reg_r with (IZR precision); [exact hq|].
    unfold Rdiv at 2. rewrite (Rmult_assoc (IZR t)), Rinv_l, Rmult_1_r by lra.
    eapply Rle_trans; [|apply cdiv_above; lia]. right. rewrite mult_IZR, minus_IZR, plus_IZR. field. rewrite plus_IZR in hmS. lra. }
  assert (Hpos : 0 <= (IZR m - IZR S) / (IZR m + IZR S)).
  { apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra]. }
  assert (Hsq : 3 * (tr * tr) <= 1).
  { unfold tr, over. apply IZR_le in Ht. rewrite !mult_IZR in Ht.
    apply Rmult_le_reg_r with (IZR precision * IZR precision); [now apply Rmult_lt_0_compat|].
    replace (3 * (IZR t / IZR precision * (IZR t / IZR precision)) * (IZR precision * IZR precision)) with (3 * (IZR t * IZR t))
      by (field; lra). lra. }
  assert (Hln : ln (IZR m / IZR S) <= over precision (series_above precision (cdiv (t * t) precision) terms 1 t)).
  { apply Rle_trans with (ln_ratio tr).
    - assert (Htr1 : tr < 1) by nra.
      unfold ln_ratio. rewrite <- ln_div by lra.
      assert (Hle : IZR m / IZR S <= (1 + tr) / (1 - tr)).
      { apply Rmult_le_reg_r with (IZR S * (1 - tr)); [apply Rmult_lt_0_compat; lra|].
        replace (IZR m / IZR S * (IZR S * (1 - tr))) with (IZR m * (1 - tr)) by (field; lra).
        replace ((1 + tr) / (1 - tr) * (IZR S * (1 - tr))) with (IZR S * (1 + tr)) by (field; lra).
        assert (k : (IZR m - IZR S) <= tr * (IZR m + IZR S)).
        { apply Rmult_le_reg_r with (/ (IZR m + IZR S)); [apply Rinv_0_lt_compat; lra|].
          rewrite (Rmult_assoc tr), Rinv_r by lra. rewrite Rmult_1_r. exact Htrue. }
        lra. }
      assert (H0 : 0 < IZR m / IZR S) by now apply Rdiv_lt_0_compat.
      destruct (Rle_lt_or_eq_dec _ _ Hle) as [h | ->]; [left; now apply ln_increasing | lra].
    - eapply Rle_trans; [apply (ln_ratio_above terms); lra|].
      apply series_above_sound with (j := 0%nat); [exact precision_pos | reflexivity | lra | simpl; fold tr; lra |].
      unfold tr. rewrite over_product by exact precision_pos. apply divided_le; [exact precision_pos|]. apply cdiv_above, precision_pos. }
  assert (Hshift : ln (IZR a / IZR S) = ln (IZR m / IZR S) - IZR e * ln 2).
  { replace (IZR m / IZR S) with (IZR a / IZR S * 2 ^ Z.to_nat e).
    - rewrite ln_mult by (try apply pow_lt; try apply Rdiv_lt_0_compat; lra). rewrite ln_pow by lra.
      rewrite INR_IZR_INZ, Z2Nat.id by exact He. ring.
    - unfold m. rewrite mult_IZR. replace (IZR (2 ^ e)) with (2 ^ Z.to_nat e); [field; lra|].
      rewrite <- (Z2Nat.id e) at 2 by exact He. now rewrite <- pow_IZR. }
  rewrite Hshift. assert (He' := IZR_le _ _ He). assert (h2 := ln2_below_sound).
  replace (over precision (- (e * ln2_below))) with (- (IZR e * over precision ln2_below))
    by (unfold over; rewrite opp_IZR, mult_IZR; field; lra).
  assert (IZR e * over precision ln2_below <= IZR e * ln 2) by (apply Rmult_le_compat_l; assumption). lra.
Qed.

(** ** Twice the entropy of a / S over S^2, from below, for 0 <= a <= S *)

Definition twice_entropy_below (a S : Z) : Z :=
  (2 * S * - ((if 0 <? a then a * log_above a S else 0) + (if a <? S then (S - a) * log_above (S - a) S else 0)) / precision)%Z.

Lemma weighted_log a S : (0 <= a <= S)%Z -> (0 < S)%Z ->
  IZR a / IZR S * ln (IZR a / IZR S) <= / IZR S * over precision (if 0 <? a then a * log_above a S else 0)%Z.
Proof.
  intros Ha HS. assert (hS := IZR_lt _ _ HS). assert (hi : 0 < / IZR S) by now apply Rinv_0_lt_compat.
  destruct (Z.ltb_spec 0 a) as [h|h].
  - assert (k := log_above_sound a S ltac:(lia)). assert (ha := IZR_lt _ _ h).
    replace (over precision (a * log_above a S)) with (IZR a * over precision (log_above a S)) by (unfold over; rewrite mult_IZR; lra).
    unfold Rdiv at 1. rewrite (Rmult_comm (IZR a)), Rmult_assoc. apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_l; lra.
  - replace a with 0%Z by lia. unfold over, Rdiv. rewrite !Rmult_0_l. lra.
Qed.

Theorem twice_entropy_sound a S : (0 <= a <= S)%Z -> (0 < S)%Z ->
  IZR (twice_entropy_below a S) * (/ IZR S * / IZR S) / 2 <= entropy (IZR a / IZR S).
Proof.
  intros Ha HS. assert (hS := IZR_lt _ _ HS). assert (hq := Qr precision precision_pos).
  assert (h1 := weighted_log a S Ha HS). assert (h2 := weighted_log (S - a) S ltac:(lia) HS).
  replace (0 <? S - a)%Z with (a <? S)%Z in h2 by (destruct (Z.ltb_spec a S), (Z.ltb_spec 0 (S - a)); lia).
  replace (IZR (S - a) / IZR S) with (1 - IZR a / IZR S) in h2 by (rewrite minus_IZR; field; lra).
  unfold twice_entropy_below. set (u := (if (0 <? a)%Z then _ else _)) in *. set (v := (if (a <? S)%Z then _ else _)) in *.
  unfold entropy.
  assert (hd := div_below (2 * S * - (u + v)) precision precision_pos).
  apply Rle_trans with (2 * IZR S * - (over precision u + over precision v) * (/ IZR S * / IZR S) / 2).
  - unfold Rdiv at 1 2. apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat_r.
    + apply Rmult_le_pos; apply Rlt_le, Rinv_0_lt_compat; exact hS.
    + eapply Rle_trans; [exact hd|]. right. rewrite !mult_IZR, opp_IZR, plus_IZR. unfold over. field. lra.
  - replace (2 * IZR S * - (over precision u + over precision v) * (/ IZR S * / IZR S) / 2)
      with (- (/ IZR S * over precision u) - / IZR S * over precision v) by (field; lra). lra.
Qed.
