// The rules of the court, for controls.mjs: [rule, file, text to replace (first occurrence),
// replacement, test that must fail]. The first ones are public bug reports of other systems.

const K = 'courts/Clocks.sol';
const D = 'courts/Disputes.sol';
const O = 'courts/Docket.sol';
const R = 'courts/Rewards.sol';
const V = 'courts/Verdicts.sol';
const L = 'courts/Deliveries.sol';
const A = 'courts/Demands.sol';
const F = 'courts/Files.sol';
const G = 'courts/Descents.sol';
const P = 'courts/Provers.sol';
const onlyOpener =
  'require(msg.sender == m.opener, ICourt.NotAuthorised(msg.sender));\n        ';
const taken = what => `Dispute memory d = _take(id, m, State.Want${what});`;

export const courtControls = [
  ['court: dave#275, overtime is nobody else\'s', K,
    'side == Side.Provider ? d.spentProvider : d.spentOpener',
    'd.spentProvider + d.spentOpener', 'test_turn_chargesEachSideItsOwn'],
  ['court: dave#273, pull payments', O, 'credit[m.opener] += deposit - due;',
    '{ (bool paid,) = m.opener.call{value: deposit - due}(""); require(paid); }',
    'test_hostileReceiversHoldUpNoVerdict'],
  ['court: op-succinct#354, the sender is nobody', R, '(v.reporter, weight)',
    '(tx.origin, weight)', 'test_copiedProofEarnsNothing'],
  ['court: rainbow-bridge#208, the court is the reporter', V,
    'providers.slash(v.node, v.token, amount, address(this))',
    'providers.slash(v.node, v.token, amount, v.reporter)', 'test_copiedProofEarnsNothing'],
  ['court: nitro#1343, every turn has six hours', K, 'rest < TURN_MIN ? TURN_MIN : rest', 'rest',
    'test_turn_isSixHoursAtLeast'],
  ['court: plasma-cash#103, the fee comes back', O, 'credit[m.opener] += deposit - due;', '',
    'test_challengeInTheLastSecondReturnsItsFee'],
  ['court: optimism#19743, nothing for nobody', R, 'require(s.weight != 0, NothingToCollect());',
    'if (s.weight == 0) return 0;', 'test_verdictWithoutShareStrandsNothing'],
  ['court: Truxify#11811, only a valid move counts', D,
    'require(outer == d.commit, Descents.NotCanonical());',
    'if (outer != d.commit) { _charge(d, Clocks.Side.Provider); _save(id, d); return; }',
    'test_uselessAnswersDoNotMoveTheClock'],
  ['court: AgenC#745, a statute', P, 'Clocks.openable(b.order.deadline, c.claimedAt,'
    + ' block.timestamp)', 'true', 'test_open_untilTheStatute'],
  ['court: world-chain#876, one end', O, '(d.matter, d.commit, d.size, d.deposit, d.due) ='
    + ' (0, 0, 0, 0, 0);\n        _save(id, d);', '', 'test_timeoutAndProveInOneBlockOneVerdict'],
  ['court: only provers convict', V,
    'msg.sender == disputes || msg.sender == contradictions || msg.sender == claims', 'true',
    'test_convict_onlyByProvers'],
  ['court: an empty bond stops nothing', V, 'if (bond == 0) return (0, 0);', '',
    'test_(withdrawnBondWithARefundableRow|late_withoutAnyBond)'],
  ['court: a fifth is rounded up', V, '(bond * LATE_BPS + BPS - 1) / BPS',
    'bond * LATE_BPS / BPS', 'test_lateWithBondOfFour'],
  ['court: late refunds what was claimed', V, 'v.ground == Ground.Late ? c.value : ', '',
    'test_lateWithHugeMaxUnitsRefundsNothing'],
  ['court: refunds end with the case', V, 'c.refunded += amount;', '',
    'test_refund_atMostTheCase'],
  ['court: deferral is the case\'s', V, 'require(amount <= max, AmountTooLarge(amount, max));\n'
    + '        c.deferred', 'c.deferred', 'test_deferralBoundedByCase'],
  ['court: the pot waits', R, '&& openIn[node][generation] == 0', '',
    'test_(selfSlashCannotOutrunOpenDispute|share_severalDisputesHaveToEnd)'],
  ['court: chain id in the domain', F, 'block.chainid,', 'uint256(31337),',
    'test_replay_onAnotherChain'],
  ['court: the record is asked', F, '\n            || recorded[signer]'
    + '[Statements.digest(_separator(), structHash)]', '', 'test_flip1271AfterServing'],
  ['court: canonical counts', G, 'require(data.length == 32 * count, NotCanonical());', '',
    'test_answer_isCanonicalOrNothing'],
  ['court: padding is zero', G, 'used != 0 && first', 'false && first',
    'test_descent_intoTheOutput'],
  ['court: a pick is below the node', D, '&& Trees.climb(hash, child, levels, siblings) =='
    + ' d.commit', '', 'test_pick_failsBesideTheTree'],
  ['court: no pick beside the tree', D, '&& position < Trees.width(Descents.items(d), level)\n',
    '\n', 'test_pick_failsForAMissingChild'],
  ['court: the opener chooses the child', D, onlyOpener + taken('Pick'), taken('Pick'),
    'test_choices_areTheOpenersAlone'],
  ['court: the opener asks for operands', D, onlyOpener + taken('Proof'), taken('Proof'),
    'test_choices_areTheOpenersAlone'],
  ['court: only the provider posts operands', D,
    'msg.sender == m.node || msg.sender == _providers().providerOf(m.node),', 'true,',
    'test_operands_oneIsRefuted'],
  ['court: a request can be answered', D, '_checkRequest(d, m, request);', '',
    'test_operands_failIfNobodyCouldAnswer'],
  ['court: openings queue', O, 'if (q.head == q.tail) {', 'if (true) {',
    'test_queue_oneOpeningOfAChannelWaitsForItsFirstAnswer'],
  ['court: a convicted provider keeps no fee', O, 'convicted ? 0 : d.due', 'd.due',
    'test_convictedProviderKeepsNoFee'],
  ['court: sequences ascend', L, 'require(seq >= s.next, NotAscending(seq));', '',
    'test_claim_failsUnlessSequencesAscend'],
  ['court: an ack\'s sums belong together', L,
    'court.isKeys(terms.spendKey, ack, start.signature)', 'true',
    'test_claim_beginsAtAnAckAndNowhereElse'],
  ['court: claims end', L, 'answered || Clocks.claimable(d.order.deadline, block.timestamp)',
    'true', 'test_claim_untilThreeDaysAfterTheDeadline'],
  ['court: a bond that stays', L,
    'require(Clocks.bondLives(exitAt, block.timestamp), ICourt.OutOfTime());', '',
    'test_exitThenLateClaim'],
  ['court: claims within the bond', L, 'bond != 0 && sum <= bond', 'bond != 0',
    'test_sumOfClaimsBoundedByBond'],
  ['court: proofs are paid by acks', L, 'if (owed < units) units = uint128(owed);', '',
    'test_claimWithoutProofPaysExecutionOnly'],
  ['court: no demand without an Accept', A,
    'court.isKeys(b.terms.node, Statements.hashAccept(orderHash, dueAt), accepted)', 'true',
    'test_ask_failsWithoutAnAccept'],
  ['court: an input not shown lapses', A, 'd.wantsInput || court.caseOf',
    'court.caseOf', 'test_input_notShownLapses'],
  ['court: no evidence during a dispute', 'courts/Court.sol', ' && c.disputes == 0', '',
    'test_evidence_neverWhileADisputeIsOpen'],
];
