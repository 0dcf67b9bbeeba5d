// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Delivery} from "contracts/types/Claim.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Matter} from "contracts/types/Dispute.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {CaseState, Demand} from "contracts/types/Verdict.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {WillingVerifier} from "../mocks/WillingVerifier.sol";

/// @notice Drives one court, one node and one channel with whatever anybody can do, in any order.
/// What has to be refused is tried too, inside `try`; the `moved` counters say what succeeded.
contract CourtHandler is DescentFixture {
    uint64 private constant ORDERS = 8;

    /// Verdicts by order, counted where they are seen, and drops of the bond without any.
    mapping(uint64 seq => uint256) public verdicts;
    mapping(uint64 seq => uint256) public lates;
    uint256 public slashes;
    uint256 public etherIn;
    uint256 public etherOut;
    /// What was refunded for an order, as its holder sees it.
    mapping(uint64 seq => uint256) public refunds;
    /// The most units that an ack or a claim has redeemed.
    uint128 public most;
    /// Refunds, deferrals, early payments and receipts shown that went through.
    uint256[4] public moved;
    WillingVerifier private _willing;
    mapping(uint256 batchId => bytes) private _records;
    Matter[] private _open;
    uint256[] private _ids;
    uint128 private _bond = BOND;

    modifier counted() {
        _;
        uint256 proofs = 0;
        uint256 late = 0;
        for (uint64 i = 0; i < ORDERS; ++i) {
            CaseState memory c = theCourt.caseOf(channel, i);
            if (verdicts[i] != 0 && !c.convicted || lates[i] != 0 && !c.late) {
                revert("a verdict was taken back");
            }
            if (verdicts[i] == 0 && c.convicted) (proofs, verdicts[i]) = (proofs + 1, 1);
            if (lates[i] == 0 && c.late) (late, lates[i]) = (late + 1, 1);
        }
        uint128 bond = bondOf();
        // A verdict takes all of it, one for being late a fifth, and nothing else anything.
        uint128 left = proofs != 0 ? 0 : _bond - (late == 0 ? 0 : (_bond + 4) / 5);
        if (bond != left) ++slashes;
        _bond = bond;
    }

    function setUp() public override {
        super.setUp();
        _willing = new WillingVerifier();
        vm.startPrank(holder);
        claims.trust(terms, address(_willing), true);
        theCourt.appoint(terms, address(0), true);
        vm.stopPrank();
    }

    function claim(uint256 first, uint256 count) external counted {
        first %= 8;
        count = 1 + count % (8 - first);
        Delivery[] memory d = new Delivery[](count);
        for (uint256 i = 0; i < count; ++i) d[i] = deliveryOf(_order(uint64(first + i)));
        uint128 from = redeemedOf(channel);
        try claims.claim(class, terms, zeroStart(), d) returns (uint256 batchId) {
            if (batchId != 0) _records[batchId] = recordOf(channel, from, redeemedOf(channel), 0);
            if (1_000 * count > most) most = uint128(1_000 * count);
        } catch {}
    }

    function redeem(uint128 cum) external counted {
        cum = uint128(bound(cum, 0, 9_000));
        uint128 from = redeemedOf(channel);
        (uint256 batchId,,) = vouchers.redeemBatch(class, node, rowOf(terms, cum));
        if (batchId != 0) _records[batchId] = recordOf(channel, from, cum, uint64(cum % 1_000));
        if (cum > most) most = cum;
    }

    function equivocate(uint64 seq) external counted {
        Order memory o = _order(seq % 8);
        try contradictions.equivocation(
            brief(o), receiptOf(o, "a"), receiptOf(o, "b"), noRecord()
        ) {} catch {}
    }

    function openDispute(uint64 seq, bool own) external counted {
        Order memory o = _order(seq % 8);
        Statement memory s = receiptOf(o, 0);
        address opener = own ? holder : stranger;
        Matter memory m = matterOf(o, s, TRACE, opener);
        Brief memory b = brief(o);
        vm.prank(opener);
        try challenges.open{value: feeOf(150_000)}(b, s, TRACE, noRecord(), noLeaf())
        returns (uint256 id) {
            _open.push(m);
            _ids.push(id);
            etherIn += feeOf(150_000);
        } catch {}
    }

    function answerRoot(uint256 which) external counted {
        if (_ids.length == 0) return;
        which %= _ids.length;
        Matter memory m = _open[which];
        bytes32 root = keccak256(abi.encode("root", m.seq));
        try disputes.answerRoot(_ids[which], m, traceOf(_order(m.seq), root)) {
            _open[which].run.traceRoot = root;
        } catch {}
    }

    function wantInput(uint256 which) external counted {
        if (_ids.length == 0) return;
        which %= _ids.length;
        vm.prank(provider);
        try disputes.wantInput(_ids[which], _open[which]) {} catch {}
    }

    function showInput(uint256 which) external counted {
        if (_ids.length == 0) return;
        which %= _ids.length;
        bytes memory input = bytesOf(0, RIGHT);
        try disputes.showInput(_ids[which], _open[which], input) {} catch {}
    }

    function showReceipt(uint64 seq, uint128 units) external counted {
        Order memory o = _order(seq % 8);
        Statement memory s = receiptOf(o, 0);
        s.units = units;
        try theCourt.showReceipt(brief(o), signed(s)) {
            ++moved[3];
        } catch {}
    }

    function showSmaller(uint64 seq, uint128 units) external counted {
        Order memory o = _order(seq % 8);
        Statement memory s = receiptOf(o, 0);
        s.units = uint128(bound(units, 0, 1_000));
        Brief memory b = brief(o);
        s = signed(s);
        vm.prank(holder);
        try theCourt.showSmaller(b, s) {
            ++moved[3];
        } catch {}
    }

    function timeoutDispute(uint256 which) external counted {
        if (_ids.length == 0) return;
        which %= _ids.length;
        try disputes.timeout(_ids[which], _open[which]) {} catch {}
    }

    function ask(uint64 seq) external counted {
        Order memory o = _order(seq % 8);
        Brief memory b = brief(o);
        CompactSignature memory sig = acceptOf(o, DEADLINE);
        vm.prank(holder);
        try claims.ask{value: 0.01 ether}(b, DEADLINE, sig, noLeaf()) {
            etherIn += 0.01 ether;
        } catch {}
    }

    function timeoutDemand(uint64 seq) external counted {
        try claims.timeout(class, terms, seq % 8) {} catch {}
    }

    function refund(uint64 seq, uint256 batchId, uint128 amount) external counted {
        if (vouchers.batchCount() == 0) return;
        CaseState memory c = theCourt.caseOf(channel, seq % 8);
        batchId = 1 + batchId % vouchers.batchCount();
        amount = uint128(bound(amount, 0, c.refundable));
        uint256 before = vouchers.earned(holder, address(usd));
        bytes memory records = _records[batchId];
        try theCourt.refund(class, terms, seq % 8, batchId, 0, amount, records) {
            vm.assertEq(
                vouchers.earned(holder, address(usd)) - before, amount, "refunded as asked"
            );
            refunds[seq % ORDERS] += amount;
            if (amount != 0) ++moved[0];
        } catch {}
    }

    function defer(uint256 which, uint256 batchId, uint128 amount) external counted {
        if (_ids.length == 0 || vouchers.batchCount() == 0) return;
        which %= _ids.length;
        batchId = 1 + batchId % vouchers.batchCount();
        bytes memory records = _records[batchId];
        Matter memory m = _open[which];
        amount = uint128(bound(amount, 1, paidFor(class, 0, m.units)));
        vm.prank(m.opener);
        try disputes.defer(_ids[which], m, class, terms, batchId, 0, amount, records) returns (
            uint256 part
        ) {
            _records[part] = records;
            ++moved[1];
        } catch {}
    }

    function finalise(uint64 seq) external counted {
        Order memory o = _order(seq % 8);
        bytes memory records = _records[theCourt.caseOf(channel, seq % 8).batchId];
        try claims.finalise(
            brief(o), receiptOf(o, 0), noLeaf(), address(_willing), "", records
        ) returns (uint256 part) {
            _records[part] = records;
            ++moved[2];
        } catch {}
    }

    function release(uint256 batchId) external counted {
        if (vouchers.batchCount() == 0) return;
        uint256[] memory ids = new uint256[](1);
        ids[0] = 1 + batchId % vouchers.batchCount();
        try vouchers.release(ids) {} catch {}
    }

    function collect(uint24 generation) external counted {
        try theCourt.collectShare(node, address(usd), generation % 3, channel) {} catch {}
    }

    function collectFees(uint256 who) external counted {
        address[3] memory all = [holder, stranger, provider];
        address payee = all[who % 3];
        vm.startPrank(payee);
        try disputes.collect(payee) returns (uint256 amount) {
            etherOut += amount;
        } catch {}
        try claims.collect(payee) returns (uint256 amount) {
            etherOut += amount;
        } catch {}
        vm.stopPrank();
    }

    function exitOrWithdraw(bool exits) external counted {
        vm.startPrank(provider);
        if (exits) {
            try providers.exit(node, address(usd), address(theCourt)) {} catch {}
        } else {
            uint128 bond = bondOf();
            try providers.withdraw(node, address(usd), address(theCourt), provider) {
                // No bond out under exposure: nothing of these orders can be judged any more.
                vm.assertTrue(
                    block.timestamp > uint256(DEADLINE) + 26 days || bond == 0, "too early"
                );
                _bond = 0;
            } catch {}
        }
        vm.stopPrank();
    }

    function pass(uint256 time) external counted {
        vm.warp(block.timestamp + bound(time, 1, 2 days));
    }

    function etherHeld() external view returns (uint256) {
        return address(disputes).balance + address(claims).balance;
    }

    /// What is credited, and what is prepaid for answers that did not come yet.
    function etherOwed() external view returns (uint256 sum) {
        for (uint256 i = 0; i < _ids.length; ++i) {
            sum += disputes.disputeOf(_ids[i]).deposit;
        }
        for (uint64 i = 0; i < ORDERS; ++i) {
            Demand memory d = claims.demandOf(channel, i);
            if (!d.ended) sum += d.deposit;
        }
        address[3] memory all = [holder, stranger, provider];
        for (uint256 i = 0; i < 3; ++i) {
            sum += disputes.credit(all[i]) + claims.credit(all[i]);
        }
    }

    function caseAt(uint64 seq) external view returns (CaseState memory) {
        return theCourt.caseOf(channel, seq);
    }

    function tokenBalances() external view returns (uint256 held, uint256 known) {
        held = usd.balanceOf(address(providers)) + usd.balanceOf(address(theCourt))
            + usd.balanceOf(holder) + usd.balanceOf(provider);
        known = BOND;
    }

    /// Of the case's money more is neither moved nor refunded than it is worth.
    function caseLimit() external view returns (uint256) {
        return uint256(1_000) * providerRate(class) / SCALE;
    }

    /// What claims have paid for all orders, and what the channel has paid in all.
    function claimedSum() external view returns (uint256 sum, uint256 paid) {
        for (uint64 i = 0; i < ORDERS; ++i) {
            CaseState memory c = theCourt.caseOf(channel, i);
            sum += uint256(c.value) + c.more;
        }
        paid = paidFor(class, 0, redeemedOf(channel));
    }

    function redeemed() external view returns (uint128) {
        return redeemedOf(channel);
    }

    function escrowed() external view returns (uint256 sum, uint256 paid) {
        for (uint256 i = 1; i <= vouchers.batchCount(); ++i) sum += escrowOf(i);
        sum += vouchers.earned(holder, address(usd)) + vouchers.earned(provider, address(usd));
        paid = paidFor(class, 0, redeemedOf(channel));
    }

    function _order(uint64 seq) private view returns (Order memory) {
        return graphOrder(seq);
    }
}
