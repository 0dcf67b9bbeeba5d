// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Contradictions} from "contracts/courts/Contradictions.sol";
import {Provers} from "contracts/courts/Provers.sol";
import {Records} from "contracts/courts/Records.sol";
import {ICourt} from "contracts/interfaces/ICourt.sol";
import {IVouchers} from "contracts/interfaces/IVouchers.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {Ground, Verdict} from "contracts/types/Verdict.sol";
import {CourtFixture} from "./base/CourtFixture.sol";
import {Grove} from "./base/Grove.sol";
import {Wallet1271} from "./mocks/Wallet1271.sol";

contract CourtContradictionsTest is CourtFixture {
    // Equivocation: any pair of statements (I5)

    function test_equivocation_everyPair() external {
        Order memory o = graphOrder(1);
        Statement memory r = receiptOf(o, "root");
        Statement[6] memory others;
        for (uint256 i = 0; i < 4; ++i) others[i] = receiptOf(o, "root");
        others[0].units = 999;
        others[1].outputRoot = "other";
        others[2].traceRoot = "other";
        others[3].traceRoot = 0;
        others[4] = traceOf(o, "other");
        for (uint256 i = 0; i < 5; ++i) {
            uint256 before = vm.snapshotState();
            contradictions.equivocation(brief(o), r, signed(others[i]), noRecord());
            vm.assertTrue(theCourt.caseOf(channel, 1).convicted, "convicted");
            vm.assertEq(bondOf(), 0, "slashed");
            vm.revertToState(before);
        }
        contradictions.equivocation(
            brief(o), traceOf(o, "root"), traceOf(o, "other"), noRecord()
        );
        vm.assertTrue(theCourt.caseOf(channel, 1).convicted, "two trace roots");
    }

    function test_equivocation_failsForWhatIsLegitimate() external {
        Order memory o = graphOrder(1);
        Brief memory b = brief(o);
        Statement memory silent = receiptOf(o, 0);
        _refuse(b, silent, receiptOf(o, 0), Provers.NoContradiction.selector);
        _refuse(b, silent, traceOf(o, "root"), Provers.NoContradiction.selector);
        _refuse(b, receiptOf(o, "root"), traceOf(o, "root"), Provers.NoContradiction.selector);
        Statement memory fewer = receiptOf(o, 0);
        (fewer.steps, fewer.units, fewer.outputRoot) = (0, 0, NOTHING);
        _refuse(b, silent, signed(fewer), Provers.NotApplicable.selector);
        Order memory p = graphOrder(2);
        _refuse(b, silent, receiptOf(p, "x"), Provers.NotStated.selector);
        Statement memory forged = receiptOf(o, "x");
        forged.signature = sign(SPEND_KEY, digestOf(separator(), statementHash(forged)));
        _refuse(b, silent, forged, Provers.NotStated.selector);
    }

    function _refuse(Brief memory b, Statement memory x, Statement memory y, bytes4 why) private {
        vm.expectRevert(why);
        contradictions.equivocation(b, x, y, noRecord());
    }

    // Units and steps

    function test_units_theyAreAFunction() external {
        Order memory o = graphOrder(1);
        Statement memory s = receiptOf(o, 0);
        vm.expectRevert(Provers.NoContradiction.selector);
        contradictions.units(brief(o), s, noRecord());
        s.units = 1_001;
        contradictions.units(brief(o), signed(s), noRecord());
        vm.assertTrue(theCourt.caseOf(channel, 1).convicted, "convicted");
    }

    /// The price of flags bits 2 and 3 is part of the right units.
    function test_units_pricesTheProofsAskedFor() external {
        for (uint64 i = 1; i < 4; ++i) {
            Order memory o = graphOrder(i);
            o.flags = uint8(i << 2);
            Statement memory s = receiptOf(o, 0);
            s.units = uint128(1_000 + (i & 1) * 500 + (i >> 1) * 7_000);
            s = signed(s);
            vm.expectRevert(Provers.NoContradiction.selector);
            contradictions.units(brief(o), s, noRecord());
            s.units -= 1;
            contradictions.units(brief(o), signed(s), noRecord());
        }
    }

    function test_units_ofALanguageModelFollowFromItsRecord() external {
        (Order memory o, bytes memory record) = _taleOrder(7, 20, _ends());
        Statement memory s = _taleReceipt(o, _tokens(5, 9));
        Records.Opening[] memory opened = _opened(record, 1);
        vm.expectRevert(Provers.NoContradiction.selector);
        contradictions.units(brief(o), s, opened);
        opened[0].leaf[4] = 0x08;
        vm.expectRevert(Records.InvalidRecord.selector);
        contradictions.units(brief(o), s, opened);
        opened[0].leaf[4] = 0x07;
        s.units += 1;
        contradictions.units(brief(o), signed(s), opened);
    }

    function test_units_failForProofsOfALanguageModel() external {
        (Order memory o, bytes memory record) = _taleOrder(7, 20, _ends());
        o.flags = 4;
        Statement memory s = _taleReceipt(o, _tokens(5, 9));
        vm.expectRevert();
        contradictions.units(brief(o), s, _opened(record, 1));
    }

    function test_steps_graphHasOne() external {
        Order memory o = graphOrder(1);
        Statement memory s = receiptOf(o, 0);
        vm.expectRevert(Provers.NoContradiction.selector);
        contradictions.steps(brief(o), s, noRecord(), 0, 0, noLeaf());
        s.steps = 2;
        contradictions.steps(brief(o), signed(s), noRecord(), 0, 0, noLeaf());
    }

    function test_steps_aboveTheRecordsLimit() external {
        (Order memory o, bytes memory record) = _taleOrder(7, 4, _ends());
        Statement memory s = _taleReceipt(o, _tokens(5, 9));
        contradictions.steps(brief(o), s, _opened(record, 1), 0, 0, noLeaf());
        vm.assertTrue(theCourt.caseOf(channel, 1).convicted, "convicted");
    }

    /// An end token that something follows; the record spans two leaves there.
    function test_steps_afterAnEndToken() external {
        (Order memory o, bytes memory record) = _taleOrder(30, 99, _ends());
        uint32[] memory tokens = _tokens(40, 9);
        tokens[35] = 77;
        Statement memory s = _taleReceipt(o, tokens);
        Records.Opening memory leaf = openingOf(_words(tokens), 1);
        Records.Opening[] memory all = _opened(record, 2);
        vm.expectRevert(Provers.NoContradiction.selector);
        contradictions.steps(brief(o), s, all, 34, 1, leaf);
        vm.expectRevert(Provers.NoContradiction.selector);
        contradictions.steps(brief(o), s, all, 35, 0, leaf);
        contradictions.steps(brief(o), s, all, 35, 1, leaf);
        vm.assertTrue(theCourt.caseOf(channel, 1).convicted, "convicted");
    }

    function test_steps_anEndTokenMayBeTheLast() external {
        (Order memory o, bytes memory record) = _taleOrder(30, 99, _ends());
        uint32[] memory tokens = _tokens(40, 9);
        tokens[39] = 77;
        Statement memory s = _taleReceipt(o, tokens);
        Records.Opening memory leaf = openingOf(_words(tokens), 1);
        Records.Opening[] memory all = _opened(record, 2);
        vm.expectRevert(Provers.NotApplicable.selector);
        contradictions.steps(brief(o), s, all, 39, 1, leaf);
    }

    /// R6: such a result needs no Cancel.
    function test_eosResultNeedsNoCancel() external {
        (Order memory o, bytes memory record) = _taleOrder(30, 99, _ends());
        uint32[] memory tokens = _tokens(40, 9);
        tokens[39] = 77;
        Statement memory s = _taleReceipt(o, tokens);
        Records.Opening memory leaf = openingOf(_words(tokens), 1);
        Records.Opening[] memory all = _opened(record, 2);
        vm.expectRevert(Provers.NotApplicable.selector);
        vm.prank(holder);
        challenges.open{value: 1 ether}(brief(o), s, 2, all, leaf);
        tokens[39] = 78;
        s = _taleReceipt(o, tokens);
        leaf = openingOf(_words(tokens), 1);
        vm.prank(holder);
        challenges.open{value: 1 ether}(brief(o), s, 2, all, leaf);
    }

    function test_nothing_hasOneForm() external {
        Order memory o = graphOrder(1);
        Statement memory s = receiptOf(o, 0);
        (s.steps, s.units, s.outputRoot) = (0, 0, NOTHING);
        s = signed(s);
        vm.expectRevert(Provers.NoContradiction.selector);
        contradictions.nothing(brief(o), s);
        s.traceRoot = "root";
        contradictions.nothing(brief(o), signed(s));
        o = graphOrder(2);
        s = receiptOf(o, 0);
        (s.steps, s.units) = (0, 0);
        contradictions.nothing(brief(o), signed(s));
    }

    // Inputs and outputs

    function test_input_isTheOrders() external {
        Order memory o = graphOrder(1);
        Statement memory s = receiptOf(o, Grove.list(tensorsOf(RIGHT)));
        Contradictions.Member[] memory members = _members(0);
        vm.expectRevert(Provers.NoContradiction.selector);
        contradictions.input(brief(o), s, members);
        o.inputRoot = keccak256("another input");
        s = receiptOf(o, Grove.list(tensorsOf(RIGHT)));
        contradictions.input(brief(o), s, members);
        vm.assertTrue(theCourt.caseOf(channel, 1).convicted, "convicted");
    }

    function test_output_isTheTraces() external {
        Order memory o = graphOrder(1);
        Statement memory s = receiptOf(o, Grove.list(tensorsOf(RIGHT)));
        Contradictions.Member[] memory members = _members(toy.TENSORS() - 1);
        vm.expectRevert(Provers.NoContradiction.selector);
        contradictions.output(brief(o), s, s, members);
        s.outputRoot = keccak256("another output");
        s = signed(s);
        Contradictions.Member[] memory other = _members(3);
        vm.expectRevert(Provers.NoContradiction.selector);
        contradictions.output(brief(o), s, s, other);
        contradictions.output(brief(o), s, s, members);
        vm.assertTrue(theCourt.caseOf(channel, 1).convicted, "convicted");
    }

    function _members(uint256 index) private view returns (Contradictions.Member[] memory m) {
        bytes32[] memory tensors = tensorsOf(RIGHT);
        m = new Contradictions.Member[](1);
        m[0].hash = tensors[index];
        m[0].siblings = Grove.path(tensors, index, 4);
    }

    // What a conviction does

    function test_convict_onlyByProvers() external {
        Verdict memory v;
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotProver.selector, stranger));
        vm.prank(stranger);
        theCourt.convict(v);
    }

    function test_convict_onceForEachOrder() external {
        Order memory o = graphOrder(1);
        _equivocate(o);
        Statement memory one = receiptOf(o, "c");
        Statement memory two = receiptOf(o, "d");
        vm.expectRevert(Provers.CaseOver.selector);
        contradictions.equivocation(brief(o), one, two, noRecord());
    }

    /// S5: a withdrawn bond stops no conviction, and the row is refundable.
    function test_withdrawnBondWithARefundableRow() external {
        Order memory o = graphOrder(1);
        // The bond left, in time; the row of a later redemption is still in escrow.
        vm.prank(provider);
        providers.exit(node, address(usd), address(theCourt));
        vm.warp(NOW + EXIT_DELAY);
        vm.prank(provider);
        providers.withdraw(node, address(usd), address(theCourt), provider);
        o.deadline = uint64(NOW + EXIT_DELAY);
        (uint256 batchId, bytes memory records) = _redeem(1_000);
        _equivocate(o);
        vm.assertTrue(theCourt.condemned(node), "condemned");
        uint128 value = theCourt.caseOf(channel, 1).refundable;
        theCourt.refund(class, terms, 1, batchId, 0, value, records);
        vm.assertEq(vouchers.earned(holder, address(usd)), value, "refunded");
    }

    function test_refund_atMostTheCase() external {
        Order memory o = graphOrder(1);
        (uint256 batchId, bytes memory records) = _redeem(50_000);
        _equivocate(o);
        uint128 value = theCourt.caseOf(channel, 1).refundable;
        vm.assertEq(value, 1_000 * providerRate(class) / SCALE, "of the order");
        vm.expectRevert(
            abi.encodeWithSelector(ICourt.AmountTooLarge.selector, value + 1, value)
        );
        theCourt.refund(class, terms, 1, batchId, 0, value + 1, records);
        theCourt.refund(class, terms, 1, batchId, 0, value - 7, records);
        vm.expectRevert(abi.encodeWithSelector(ICourt.AmountTooLarge.selector, 8, 7));
        theCourt.refund(class, terms, 1, batchId, 0, 8, records);
        theCourt.refund(class, terms, 1, batchId, 0, 7, records);
        vm.assertEq(vouchers.earned(holder, address(usd)), value, "in all");
    }

    /// A puppet holder signs a huge maxUnits: what the row paid is the bound.
    function test_refund_atMostWhatTheChannelPaid() external {
        Order memory o = graphOrder(1);
        o.maxUnits = type(uint64).max;
        (uint256 batchId, bytes memory records) = _redeem(10);
        Statement memory one = receiptOf(o, "a");
        one.units = type(uint64).max;
        contradictions.equivocation(brief(o), receiptOf(o, "b"), signed(one), noRecord());
        uint256 paid = paidFor(class, 0, 10);
        vm.expectRevert(
            abi.encodeWithSelector(IVouchers.RefundTooLarge.selector, paid + 1, paid)
        );
        theCourt.refund(class, terms, 1, batchId, 0, uint128(paid + 1), records);
        theCourt.refund(class, terms, 1, batchId, 0, uint128(paid), records);
    }

    // Replay

    function test_replay_onAnotherChain() external {
        Order memory o = graphOrder(1);
        Brief memory b = brief(o);
        Statement memory one = receiptOf(o, "a");
        Statement memory two = receiptOf(o, "b");
        vm.chainId(4);
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidSignature.selector, spend));
        contradictions.equivocation(b, one, two, noRecord());
    }

    function test_replay_ofAnotherContractChannelOrClass() external {
        Order memory o = graphOrder(1);
        Brief memory b = brief(o);
        Statement memory one = receiptOf(o, "a");
        Statement memory two = receiptOf(o, "b");
        b.signature = sign(
            SPEND_KEY, digestOf(separatorOf(address(theCourt)), orderHash(o))
        );
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidSignature.selector, spend));
        contradictions.equivocation(b, one, two, noRecord());
        b = brief(o);
        b.terms.salt = "other";
        vm.expectRevert(ICourt.Mismatch.selector);
        contradictions.equivocation(b, one, two, noRecord());
        b = brief(o);
        b.class.window = 1 days;
        vm.expectRevert(ICourt.ClassNotAdmitted.selector);
        contradictions.equivocation(b, one, two, noRecord());
        b = brief(o);
        b.class.costTable = "mine";
        vm.expectRevert(ICourt.ClassNotAdmitted.selector);
        contradictions.equivocation(b, one, two, noRecord());
    }

    // Contracts as signers (R5)

    function test_flip1271AfterServing() external {
        Wallet1271 wallet = new Wallet1271();
        terms.spendKey = address(wallet);
        channel = openChannel(class, terms, LOCKED);
        Order memory o = graphOrder(1);
        Brief memory b = brief(o);
        Statement memory one = receiptOf(o, "a");
        Statement memory two = receiptOf(o, "b");
        vm.expectRevert(
            abi.encodeWithSelector(ICourt.InvalidSignature.selector, address(wallet))
        );
        contradictions.equivocation(b, one, two, noRecord());
        bytes32 hash = orderHash(o);
        for (uint256 mood = 0; mood < 3; mood += 2) {
            wallet.become(mood);
            vm.expectRevert();
            theCourt.record(address(wallet), hash, "");
        }
        wallet.become(1);
        theCourt.record(address(wallet), hash, "");
        wallet.become(0);
        contradictions.equivocation(b, one, two, noRecord());
    }

    /// Code that appears at an address voids no signature: ECDSA first.
    function test_7702CodeAfterOrder() external {
        Order memory o = graphOrder(1);
        Wallet1271 wallet = new Wallet1271();
        vm.etch(spend, address(wallet).code);
        vm.etch(node, address(wallet).code);
        _equivocate(o);
        vm.assertTrue(theCourt.caseOf(channel, 1).convicted, "convicted");
    }

    function test_record_failsForAnAccountWithoutCode() external {
        vm.expectRevert(abi.encodeWithSelector(ICourt.InvalidSignature.selector, stranger));
        theCourt.record(stranger, "hash", "");
    }

    // Helpers

    function _equivocate(Order memory o) private {
        contradictions.equivocation(
            brief(o), receiptOf(o, "a"), receiptOf(o, "b"), noRecord()
        );
    }

    function _redeem(uint128 cum) private returns (uint256 batchId, bytes memory records) {
        (batchId,,) = vouchers.redeemBatch(class, node, rowOf(terms, cum));
        records = recordOf(channel, 0, cum, uint64(cum % 1_000));
    }

    function _ends() private pure returns (uint32[] memory ends) {
        ends = new uint32[](2);
        (ends[0], ends[1]) = (70, 77);
    }

    function _tokens(uint256 count, uint32 token) private pure returns (uint32[] memory t) {
        t = new uint32[](count);
        for (uint256 i = 0; i < count; ++i) t[i] = token;
    }

    function _words(uint32[] memory tokens) private pure returns (bytes memory data) {
        for (uint256 i = 0; i < tokens.length; ++i) {
            data = abi.encodePacked(data, Grove.little(tokens[i]));
        }
    }

    function _taleOrder(uint32 prompt, uint32 most, uint32[] memory ends)
        private
        view
        returns (Order memory o, bytes memory record)
    {
        o = graphOrder(1);
        record = recordOf(prompt, most, ends);
        o.modelRoot = toy.TALES();
        o.inputRoot = listOf(3, record.length, record);
        o.maxUnits = 100_000;
    }

    function _taleReceipt(Order memory o, uint32[] memory tokens)
        private
        view
        returns (Statement memory s)
    {
        s = receiptOf(o, 0);
        s.steps = uint32(tokens.length);
        bytes memory data = _words(tokens);
        s.outputRoot = listOf(2, tokens.length, data);
        uint256 prompt = o.inputRoot == listOf(3, 72, recordOf(7, 20, _ends())) ? 7 : 30;
        s.units = uint128(100 * prompt + 30 * tokens.length);
        return signed(s);
    }

    function _opened(bytes memory record, uint256 count)
        private
        pure
        returns (Records.Opening[] memory o)
    {
        o = new Records.Opening[](count);
        for (uint256 i = 0; i < count; ++i) o[i] = openingOf(record, i);
    }
}
