// Does a test notice when a rule is gone? For each control: takes one rule out of a copy of the
// contracts and runs the tests that must fail then. `node tests/contracts/controls.mjs [PATTERN]`
// Exit status 1 when a control survives or no longer applies, or its tests fail with every rule in.

import {courtControls} from './controls.court.mjs';
import {Mutants} from './controls/mutants.mjs';

const E = 'Earnings.sol';
const P = 'Providers.sol';
const V = 'Vault.sol';
const C = 'Channels.sol';
const R = 'Redemptions.sol';
const T = 'Vouchers.sol';
const separator = (chain, address) => `keccak256(abi.encode(
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address`
  + ` verifyingContract)"), keccak256("ComputeVoucher"), keccak256("1"), ${chain}, ${address}))`;

// [rule, file, text to replace (first occurrence), replacement, test that must fail]
const controls = [
  ['low s only', P, 'ECDSA.tryRecover(digest, sig.r, sig.vs)',
    `(ecrecover(digest, uint8((uint256(sig.vs) >> 255) + 27), sig.r,
        sig.vs & bytes32(type(uint256).max >> 1)), 0, 0)`, 'test_join_failsIfSIsHigh'],
  ['zero is no signer', P, ' && signer != address(0)', '', 'test_join_failsForZeroNode'],
  ['a node joins once', P, 'require(provider == address(0), NodeAlreadyJoined(node, provider));',
    '', 'test_join_failsIfJoinedBefore'],
  ['the node signs', P, 'signer == node && ', '', 'test_join_failsIfSignatureNamesAnotherProvider'],
  ['only its provider', P,
    'require(_nodes[node].provider == msg.sender, NotProvider(node, msg.sender));', '',
    'test_(stake|exit|revoke)_failsIfNotProvider'],
  ['a bond waits', P, 'b.exitAt != 0 && block.timestamp >= b.exitAt', 'b.exitAt != 0',
    'testFuzz_withdraw_failsBeforeExitDelay'],
  ['a bond exits first', P, 'b.exitAt != 0 && ', '', 'test_withdraw_failsWithoutExit'],
  ['the exit covers every window', P, 'Limits.ORDER_HORIZON + Limits.WINDOW_MAX',
    'Limits.WINDOW_MAX', 'test_exitDelay_coversEveryClass'],
  ['no revocation without a bond', P,
    'require(staked != 0, NoBond(node, token, msg.sender));', '',
    'test_slash_failsIfCallerIsNotTheBondsCourt'],
  ['a slash burns 80 %', 'libraries/Limits.sol', 'SLASH_BURN_BPS = 8_000',
    'SLASH_BURN_BPS = 7_999', 'testFuzz_slash_burnsAtLeastFourFifths'],
  ['a slash revokes', P, 'emit Slashed(node, token, msg.sender, taken, reporter, reward);\n'
    + '        _revoke(node);', '', 'testFuzz_slash_burnsAtLeastFourFifths'],
  ['no slash overflows', P, 'stakes[token].total += amount;',
    'unchecked { stakes[token].total += amount; }', 'test_stake_failsBeyondWhatASlashCanAddUp'],
  ['not less comes in', E, 'require(received == amount,', 'require(received <= amount,',
    'test_(mint|stake)_failsIfTokenKeepsFee'],
  ['not more comes in', E, 'require(received == amount,', 'require(received >= amount,',
    'test_mint_failsIfTokenGivesMore'],
  ['payer is the caller', E, 'safeTransferFrom(msg.sender,', 'safeTransferFrom(tx.origin,',
    'testFuzz_mint_takesTheCostRoundedUp'],
  ['a failed permit falls back', V, 'try IERC20Permit(class.token).permit(\n'
    + '            msg.sender, address(this), cost, deadline, v, r, s\n        ) {} catch {}',
    'IERC20Permit(class.token).permit(msg.sender, address(this), cost, deadline, v, r, s);',
    'test_mintWithPermit_succeedsIfPermitWasHijacked'],
  ['price bound', V, 'class.unitPrice != 0 && class.unitPrice <= Limits.UNIT_PRICE_MAX',
    'class.unitPrice != 0', 'test_mint_failsIfPriceOutOfBounds'],
  ['shortest thaw', V, 'class.thaw >= Limits.THAW_MIN && ', '',
    'test_mint_failsIfThawOutOfBounds'],
  ['supply bound', V, 'require(units <= supplyLeft, TooManyUnits(units, supplyLeft));', '',
    'test_mint_(succeedsAtEveryBound|failsIfSupplyIsExceeded)'],
  ['mint rounds up', V, 'cost = quote(class, units);',
    'cost = units * class.total() / Rates.SCALE;',
    'testFuzz_mint_takesTheCostRoundedUp'],
  ['payout is cumulative', R, 'to * rate / Rates.SCALE - from * rate / Rates.SCALE',
    '(to - from) * rate / Rates.SCALE', 'testFuzz_redeem_endsTheSameForAnyPartition'],
  ['the premium burns', R, '_addBurned(class.token, redemption.units * class.burn());', '',
    'testFuzz_redeem_paysTheFloorAndBurns'],
  ['dust is kept', C, '_addBurned(class.token, redeemed * class.provider() % Rates.SCALE);', '',
    'testFuzz_close_paysAndReturnsAtOnce'],
  ['units burn', R, '_burn(owner, redemption.classId, redemption.units);', '',
    'testFuzz_redeem_paysTheFloorAndBurns'],
  ['reclaim waits for the end', V,
    'require(block.timestamp >= endsAt, RedemptionOpen(endsAt));', '',
    'test_reclaim_failsBeforeTheEndOfRedemption'],
  ['redemption ends', V, 'require(block.timestamp < endedAt, RedemptionEnded(endedAt));', '',
    'test_redeem_succeedsUntilExpiryAndGrace'],
  ['migration is forward', V, ' && from.expiry <= into.expiry', '', 'test_migrate_failsBackward'],
  ['migration is of one token', V, 'from.token == into.token && ', '',
    'test_migrate_failsForAnotherToken'],
  ['migration burns', V, '_burn(msg.sender, fromId, units);', '',
    'test(_migrate_failsWithLockedUnits|Fuzz_migrate_conservesMoney)'],
  ['migration pays the premium', V, 'units * from.backing() / into.total()',
    'units * from.backing() / into.backing()',
    'testFuzz_migrate_(conservesMoney|makesNoProfit)'],
  ['migration leaves its rest to burn', V,
    '_addBurned(from.token, units * from.total() - received * into.total());', '',
    'testFuzz_migrate_conservesMoney'],
  ['migration is counted', V, '_issue(intoId, received);', '',
    'test(Fuzz_migrate_conservesMoney|_migrate_failsIfNothingComesOut)'],
  ['migration admits a class', V, '_checkBounds(class);', '',
    'test_migrate_failsIntoAClassOutOfBounds'],
  ['spending ends', R, '_checkRedeemable(class);\n        require(units', 'require(units',
    'test_spend_failsAfterTheEnd'],
  ['spending burns the caller\'s', R, '_book(class, redemption, msg.sender)',
    '_book(class, redemption, address(this))',
    'test(Fuzz_spend_paysTheFloorAndBurns|_spend_leavesAnOpenChannelAlone)'],
  ['spending keeps no dust', R,
    '_addBurned(class.token, units * redemption.rate % Rates.SCALE);', '',
    'testFuzz_spend_paysTheFloorAndBurns'],
  ['settle pays once', E, 'earned[msg.sender][token] = 0;', '',
    'test_settle_pays(OnceToTheAddressOfChoice|TheReporterOnce)'],
  ['only the holder', C,
    'require(terms.holder == msg.sender, NotHolder(terms.holder, msg.sender));',
    '', 'test_(withdraw|thaw|spend)_failsIfNotHolder'],
  ['the caller\'s units', C, '_move(msg.sender, address(this), terms.classId, units);',
    '_move(terms.holder, address(this), terms.classId, units);',
    'test_(open_failsWithTheHoldersUnits|open_locksForSomebodyElse|topUp_addsForSomebodyElse)'],
  ['opening again adds', C, 'require(aux[channelId].thawAt != CLOSED, ChannelEnded(channelId));',
    'require(aux[channelId].thawAt != CLOSED && channel[channelId].locked == 0,'
    + ' ChannelEnded(channelId));',
    'test_(squattedChannelDoesNotBlockAward|open_addsToAnOpenChannel)'],
  ['opening again tells all', C, 'terms.salt,\n            locked\n',
    'terms.salt,\n            units\n', 'test_open_addsToAnOpenChannel'],
  ['nothing is added to a thaw', C,
    'require(aux[channelId].thawAt == 0, ChannelThawing(channelId));\n        require(block',
    'require(block', 'test_(open|topUp)_failsIfThawing'],
  ['a holder is somebody', C, '_checkRecipient(terms.holder);', '',
    'test_open_failsForAHolderThatNobodyIs'],
  ['the class is the channel\'s', C,
    'require(terms.classId == classId, ClassMismatch(classId, terms.classId));', '',
    'test_open_failsIfClassIsAnother'],
  ['closed ids never reopen', C, 'thawAt: CLOSED', 'thawAt: 0', 'test_open_failsIfClosedUnused'],
  ['the thaw is waited for', C, 'a.thawAt != 0 && block.timestamp >= a.thawAt', 'a.thawAt != 0',
    'testFuzz_withdraw_failsBeforeThawAt'],
  ['the thaw is started', C, 'a.thawAt != 0 && block.timestamp', 'block.timestamp',
    'test_withdraw_failsWithoutThaw'],
  ['no second thaw', C, 'require(aux[channelId].thawAt == 0, ChannelThawing(channelId));\n'
    + '        uint40', 'uint40', 'test_thaw_failsTwice'],
  ['a revoked node releases nothing', C,
    'require(providers.revokedAt(terms.node) == 0, NodeIsRevoked(terms.node));\n        bytes32',
    'bytes32', 'test_close_failsIfNodeIsRevoked'],
  ['the node releases', C, '_isSigned(_domainSeparatorV4(), released, terms.node,',
    '_isSigned(_domainSeparatorV4(), released, terms.spendKey,', 'test_close_failsWithoutRelease'],
  ['the spend key acks', C, '_isSigned(_domainSeparatorV4(), ack, terms.spendKey,',
    '_isSigned(_domainSeparatorV4(), ack, terms.node,', 'test_close_failsWithoutAck'],
  ['chain id in the domain', R, 'bytes32 separator = _domainSeparatorV4();',
    `bytes32 separator = ${separator('uint256(31337)', 'address(this)')};`,
    'test_redeem_ignoresAckAfterAChainSplit'],
  ['contract in the domain', R, 'bytes32 separator = _domainSeparatorV4();',
    `bytes32 separator = ${separator('block.chainid', 'address(providers)')};`,
    'test_redeem_ignoresAckOfAnotherContract'],
  ['redeemed is monotone', R, 'bool ok = to > from', 'bool ok = to != from',
    'test_redeem_ignoresReplay'],
  ['at most what is locked', R, 'row.cumUnits < locked ? row.cumUnits : locked', 'row.cumUnits',
    'test_redeem_paysTheRestAfterTopUp'],
  ['at most 2^63 - 1', R, ' && row.cumUnits <= Limits.CHANNEL_UNITS_MAX', '',
    'test_redeem_ignoresAboveTheUnitsOfAChannel'],
  ['rows are signed', R, 'if (ok) _apply', 'if (to > from) _apply',
    'test(_redeem_ignoresAckOfAnotherKey|Fuzz_redeem_recordsWhatWasSigned)'],
  ['rows are whole', R, ' && rows.length == count * Rows.ROW_BYTES', '',
    'test_redeem_failsIfLengthIsWrong'],
  ['rows are few', R, ' && count <= Limits.BATCH_ROWS_MAX', '', 'test_redeem_failsIfLengthIsWrong'],
  ['maturity includes the horizon', R,
    'maturesAt = block.timestamp + Limits.ORDER_HORIZON + class.window',
    'maturesAt = block.timestamp + class.window',
    'test_redeem_escrowsUntilTheWindowEnds'],
  ['release waits', R,
    'require(block.timestamp >= b.maturesAt, BatchNotMatured(batchId, b.maturesAt));', '',
    'test_release_failsBeforeMaturity'],
  ['release pays once', R, 'b.amount = 0;\n', '\n', 'test_release_paysOnce'],
  ['only the court', R, 'require(class.court == msg.sender, NotCourt(class.court, msg.sender));',
    '',
    'test_(refund|reserve|advance|split)_failsIfNotCourt'],
  ['refund at most what the row paid', R, 'max -= refunded[batchId][row];', '',
    'testFuzz_(refund|split)_failsAboveWhatTheRowPaid'],
  ['what is split off counts as refunded', R, 'refunded[batchId][row] += amount;', '',
    'testFuzz_(refund|split)_failsAboveWhatTheRowPaid'],
  ['refund at most what a part holds', R, 'if (max > escrowed) max = escrowed;', '',
    'testFuzz_split_refundsAtMostItsAmount'],
  ['what is split off is taken', R, 'batch[batchId].amount -= amount;', '',
    'testFuzz_split_(paysEarly|holdsBackWhatIsDisputed)'],
  ['refund within the window', R,
    'require(block.timestamp < b.maturesAt, BatchMatured(batchId, b.maturesAt));', '',
    'test_(refund|split)_failsAfterMaturity'],
  ['nothing is put off for ever', R, ' && maturesAt <= part.latest', '',
    'test_split_(failsBeforeNowAndAfterLatest|againKeepsLatest)'],
  ['nothing was due before', R, 'maturesAt >= block.timestamp && ', '',
    'test_split_failsBeforeNowAndAfterLatest'],
  ['latest is of the first maturity', R, 'maturesAt + Limits.DEFERRAL_MAX',
    'block.timestamp + Limits.DEFERRAL_MAX', 'test_split_keepsRecordProviderTokenAndLatest'],
  ['a part keeps its row alone', R, '_store(part, Rows.recordAt(records, row))',
    '_store(part, records)', 'test_split_keepsRecordProviderTokenAndLatest'],
  ['a part is of something', R, 'require(amount != 0, ZeroUnits());', '',
    'test_split_failsIfZero'],
  ['refund by the records', R,
    'require(keccak256(records) == b.rowsHash, InvalidRecords(batchId));',
    '', 'test_(refund_failsWithOtherRecords|split_failsWithOtherRecordsOrRows)'],
  ['refund to the row\'s holder', R, 'require(recorded == channelId, InvalidRow(batchId, row));',
    '',
    'test_(refund_failsForAnotherRowOrChannel|split_failsForARowThatMovedNothing)'],
  ['reserved units stay', C, 'block.timestamp < a.reservedUntil ? a.reserved : 0', '0',
    'test_reserve_holdsUnitsBackFromWithdrawal'],
  ['reserves lapse', R, 'require(until <= untilMax, ReserveTooLong(until, untilMax));', '',
    'test_reserve_failsIfTooLong'],
  ['a court\'s reserves end', R, 'if (untilMax > courtEnd) untilMax = courtEnd;', '',
    'test_a06_courtReservesUntilItsTimeIsOver'],
  ['a court\'s advances end', R, '_checkBefore(_courtEnd(class));', '',
    'test_a07_courtAdvancesNothingAfterTheGrace'],
  ['a voucher is described', T, 'return _metadata.uri(id);', 'return "";',
    'test_uri_saysWhatTheClassIs'],
  ['mint is guarded', V, 'function mint(Class calldata class, uint256 units, address to)\n'
    + '        external\n        nonReentrant',
    'function mint(Class calldata class, uint256 units, address to)\n        external',
    'test_token_cannotReenterAnything'],
  ['settle is guarded', E,
    'function settle(address token, address to) external nonReentrant',
    'function settle(address token, address to) external',
    'test_(token_cannotReenterAnything|stake_failsIfTokenReenters)'],
  ['transfer is guarded', T, '    ) public override nonReentrant {\n        super.safeTransferFrom',
    '    ) public override {\n        super.safeTransferFrom', 'test_token_cannotReenterAnything'],
  // The same through the invariants, to see that their handler gets that far.
  ['invariant: dust', C, '_addBurned(class.token, redeemed * class.provider() % Rates.SCALE);',
    '', 'invariant_vouchers'],
  ['invariant: double release', R, 'b.amount = 0;\n', '\n', 'invariant_vouchers'],
  ['invariant: reclaim pays the premium', V, 'amount = units * class.backing() / Rates.SCALE;',
    'amount = units * class.total() / Rates.SCALE + 1;', 'invariant_vouchers'],
  ['invariant: early withdrawal', C, 'a.thawAt != 0 && block.timestamp >= a.thawAt',
    'a.thawAt != 0', 'invariant_vouchers'],
  ['invariant: early bond', P, 'b.exitAt != 0 && block.timestamp >= b.exitAt', 'b.exitAt != 0',
     'invariant_vouchers'],
  ['invariant: what left is no stake', P, 'stakes[token].total -= uint128(amount);', '',
    'invariant_vouchers'],
  ['invariant: a reward is no stake', P, 'all.total - uint128(reward)', 'all.total',
    'invariant_vouchers'],
  ['invariant: split twice', R, 'refunded[batchId][row] += amount;', '', 'invariant_vouchers'],
  ['invariant: split from nothing', R, 'batch[batchId].amount -= amount;', '',
    'invariant_vouchers'],
  ['invariant: put off for ever', R, ' && maturesAt <= part.latest', '', 'invariant_vouchers'],
  ['invariant: a migration\'s rest', V,
    '_addBurned(from.token, units * from.total() - received * into.total());', '',
    'invariant_vouchers'],
  ['invariant: refund twice', R, 'max -= refunded[batchId][row];', '', 'invariant_vouchers'],
  ...courtControls,
];

const mutants = new Mutants();
process.on('exit', () => mutants.close());
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

// Every test that the control names has to notice, so none may pass; and a fixture that does not
// come about says nothing of the rule.
function verdictOf([, file, from, to, pattern]) {
  const text = mutants.text(file);
  const less = text?.replace(from, () => to);
  if (less === text) return [`STALE`, `${file} has no such text`];
  if (mutants.testsOf(pattern).length === 0) return [`STALE`, `no test is called ${pattern}`];
  const result = mutants.run(file, less, pattern);
  if (result === null) return ['BROKEN', 'does not compile, or to the same code'];
  if (/^\[FAIL.*\] setUp\(\)/m.test(result.text)) return ['BROKEN', 'the fixture fails'];
  return result.failed > 0 && result.passed === 0 ? ['killed', pattern]
    : ['SURVIVED', `${pattern} (${result.passed} passed)`];
}

const wanted = new RegExp(process.argv[2] ?? '');
const chosen = controls.filter(([rule]) => wanted.test(rule));
const whole = mutants.test(chosen.map(control => control[4]).join('|'));
if (whole.failed > 0) console.log(whole.text);
console.log(`${whole.passed} tests pass and ${whole.failed} fail with every rule in`);
let killed = 0;
for (const control of chosen) {
  const begin = performance.now();
  const [verdict, why] = verdictOf(control);
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(`${verdict.padEnd(9)} ${control[0]}: ${why} [${seconds} s]`);
  killed += verdict === 'killed' ? 1 : 0;
}
console.log(`${killed} killed, ${chosen.length - killed} failed`);
process.exit(killed === chosen.length && killed > 0 && whole.failed === 0 ? 0 : 1);
