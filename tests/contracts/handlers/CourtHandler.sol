// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Delivery} from "contracts/types/Claim.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Matter} from "contracts/types/Dispute.sol";
import {ICourt} from "contracts/interfaces/ICourt.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {CaseState, Demand} from "contracts/types/Verdict.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {Vm} from "../base/Vm.sol";
import {WillingVerifier} from "../mocks/WillingVerifier.sol";

/// @notice Drives one court, one node and one channel with whatever anybody can do, in any order.
/// What has to be refused is tried too, inside `try`; the `did` counters say what succeeded.
contract CourtHandler is DescentFixture {
    uint64 public constant ORDERS = 8;

    /// Verdicts by order as the court tells of them, by proof or silence and for being late; and
    /// those that say nothing new.
    mapping(uint64 seq => uint256) public verdicts;
    mapping(uint64 seq => uint256) public lates;
    uint256 public again;
    /// Moves of the bond that no verdict and no withdrawal explains.
    uint256 public slashes;
    uint256 public etherIn;
    uint256 public etherOut;
    /// What was refunded for an order, as its holder sees it.
    mapping(uint64 seq => uint256) public refunds;
    /// The most units that an ack or a claim has redeemed.
    uint128 public most;
    /// How often each action did something.
    mapping(bytes32 action => uint256) public did;
    WillingVerifier private _willing;
    mapping(uint256 batchId => bytes) private _records;
    Matter[] private _open;
    uint256[] private _ids;
    uint128 private _bond = BOND;
    /// Signed once: to sign again and again would take longer than what is tried.
    mapping(uint64 seq => CompactSignature) private _signed;
    mapping(uint64 seq => CompactSignature) private _received;

    modifier counted() {
        vm.recordLogs();
        _;
        _count(vm.getRecordedLogs());
    }

    function setUp() public override {
        super.setUp();
        _willing = new WillingVerifier();
        for (uint64 i = 0; i < ORDERS; ++i) {
            _signed[i] = brief(_order(i)).signature;
            _received[i] = receiptOf(_order(i), 0).signature;
        }
        vm.startPrank(holder);
        claims.trust(terms, address(_willing), true);
        theCourt.appoint(terms, address(0), true);
        vm.stopPrank();
    }

    function claim(uint256 first, uint256 count) external counted {
        first %= 8;
        count = 1 + count % (8 - first);
        Delivery[] memory d = new Delivery[](count);
        for (uint256 i = 0; i < count; ++i) d[i] = _delivery(uint64(first + i));
        uint128 from = redeemedOf(channel);
        try claims.claim(class, terms, zeroStart(), d) returns (uint256 batchId) {
            if (batchId != 0) _records[batchId] = recordOf(channel, from, redeemedOf(channel), 0);
            if (1_000 * count > most) most = uint128(1_000 * count);
            ++did["claim"];
        } catch {}
    }

    function redeem(uint128 cum) external counted {
        cum = uint128(bound(cum, 0, 9_000));
        uint128 from = redeemedOf(channel);
        (uint256 batchId,,) = vouchers.redeemBatch(class, node, rowOf(terms, cum));
        if (batchId != 0) {
            _records[batchId] = recordOf(channel, from, cum, uint64(cum % 1_000));
            ++did["redeem"];
        }
        if (cum > most) most = cum;
    }

    /// @dev Once in sixteen times: what comes after a conviction is not all there is.
    function equivocate(uint64 seq) external counted {
        if (seq / ORDERS % 16 != 0) return;
        Order memory o = _order(seq % ORDERS);
        try contradictions.equivocation(
            _brief(o), receiptOf(o, "a"), receiptOf(o, "b"), noRecord()
        ) {
            ++did["equivocate"];
        } catch {}
    }

    function openDispute(uint64 seq, bool own) external counted {
        Order memory o = _order(seq % ORDERS);
        Statement memory s = _receipt(o);
        address opener = own ? holder : stranger;
        Matter memory m = matterOf(o, s, TRACE, opener);
        Brief memory b = _brief(o);
        vm.prank(opener);
        try challenges.open{value: feeOf(150_000)}(b, s, TRACE, noRecord(), noLeaf())
        returns (uint256 id) {
            _open.push(m);
            _ids.push(id);
            etherIn += feeOf(150_000);
            ++did["open"];
        } catch {}
    }

    function answerRoot(uint256 which) external counted {
        if (_ids.length == 0) return;
        which %= _ids.length;
        Matter memory m = _open[which];
        bytes32 root = keccak256(abi.encode("root", m.seq));
        try disputes.answerRoot(_ids[which], m, traceOf(_order(m.seq), root)) {
            _open[which].run.traceRoot = root;
            ++did["answerRoot"];
        } catch {}
    }

    function wantInput(uint256 which) external counted {
        if (_ids.length == 0) return;
        which %= _ids.length;
        vm.prank(provider);
        try disputes.wantInput(_ids[which], _open[which]) {
            ++did["wantInput"];
        } catch {}
    }

    function showInput(uint256 which) external counted {
        if (_ids.length == 0) return;
        which %= _ids.length;
        bytes memory input = bytesOf(0, RIGHT);
        try disputes.showInput(_ids[which], _open[which], input) {
            ++did["showInput"];
        } catch {}
    }

    function showReceipt(uint64 seq, uint128 units) external counted {
        Order memory o = _order(seq % ORDERS);
        Statement memory s = _receipt(o);
        s.units = units;
        try theCourt.showReceipt(_brief(o), signed(s)) {
            ++did["showReceipt"];
        } catch {}
    }

    function showSmaller(uint64 seq, uint128 units) external counted {
        Order memory o = _order(seq % ORDERS);
        Statement memory s = _receipt(o);
        s.units = uint128(bound(units, 0, 1_000));
        Brief memory b = _brief(o);
        s = signed(s);
        vm.prank(holder);
        try theCourt.showSmaller(b, s) {
            ++did["showSmaller"];
        } catch {}
    }

    function timeoutDispute(uint256 which) external counted {
        if (_ids.length == 0) return;
        which %= _ids.length;
        try disputes.timeout(_ids[which], _open[which]) {
            ++did["timeoutDispute"];
        } catch {}
    }

    /// @dev Of an order that nothing was said of, where there is one.
    function ask(uint64 seq) external counted {
        for (uint64 i = 0; i < ORDERS; ++i) {
            CaseState memory c = theCourt.caseOf(channel, (seq % ORDERS + i) % ORDERS);
            if (c.claimedAt == 0 && !c.convicted) {
                seq = (seq % ORDERS + i) % ORDERS;
                break;
            }
        }
        Order memory o = _order(seq % ORDERS);
        Brief memory b = _brief(o);
        CompactSignature memory sig = acceptOf(o, DEADLINE);
        vm.prank(holder);
        try claims.ask{value: 0.01 ether}(b, DEADLINE, sig, noLeaf()) {
            etherIn += 0.01 ether;
            ++did["ask"];
        } catch {}
    }

    /// @dev The next demand whose time is over, if there is any: what is late is found by whoever
    /// waits for it.
    function timeoutDemand(uint64 seq) external counted {
        for (uint64 i = 0; i < ORDERS; ++i) {
            Demand memory d = claims.demandOf(channel, (seq % ORDERS + i) % ORDERS);
            if (d.respondBy != 0 && !d.ended && block.timestamp > d.respondBy) {
                seq = (seq % ORDERS + i) % ORDERS;
                break;
            }
        }
        try claims.timeout(class, terms, seq % ORDERS) {
            ++did["timeoutDemand"];
        } catch {}
    }

    function refund(uint64 seq, uint256 batchId, uint128 amount) external counted {
        if (vouchers.batchCount() == 0) return;
        CaseState memory c = theCourt.caseOf(channel, seq % ORDERS);
        batchId = 1 + batchId % vouchers.batchCount();
        amount = uint128(bound(amount, 0, c.refundable));
        uint256 before = vouchers.earned(holder, address(usd));
        bytes memory records = _records[batchId];
        try theCourt.refund(class, terms, seq % ORDERS, batchId, 0, amount, records) {
            vm.assertEq(
                vouchers.earned(holder, address(usd)) - before, amount, "refunded as asked"
            );
            refunds[seq % ORDERS] += amount;
            if (amount != 0) ++did["refund"];
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
            ++did["defer"];
        } catch {}
    }

    function finalise(uint64 seq) external counted {
        Order memory o = _order(seq % ORDERS);
        bytes memory records = _records[theCourt.caseOf(channel, seq % ORDERS).batchId];
        try claims.finalise(
            _brief(o), _receipt(o), noLeaf(), address(_willing), "", records
        ) returns (uint256 part) {
            _records[part] = records;
            ++did["finalise"];
        } catch {}
    }

    function release(uint256 batchId) external counted {
        if (vouchers.batchCount() == 0) return;
        uint256[] memory ids = new uint256[](1);
        ids[0] = 1 + batchId % vouchers.batchCount();
        uint256 escrow = escrowOf(ids[0]);
        try vouchers.release(ids) {
            if (escrow != 0) ++did["release"];
        } catch {}
    }

    function collect(uint24 generation) external counted {
        try theCourt.collectShare(node, address(usd), generation % 3, channel) {
            ++did["collect"];
        } catch {}
    }

    function collectFees(uint256 who) external counted {
        address[3] memory all = [holder, stranger, provider];
        address payee = all[who % 3];
        vm.startPrank(payee);
        try disputes.collect(payee) returns (uint256 amount) {
            etherOut += amount;
            if (amount != 0) ++did["collectFees"];
        } catch {}
        try claims.collect(payee) returns (uint256 amount) {
            etherOut += amount;
        } catch {}
        vm.stopPrank();
    }

    function exitOrWithdraw(bool exits) external counted {
        vm.startPrank(provider);
        if (exits) {
            try providers.exit(node, address(usd), address(theCourt)) {
                ++did["exit"];
            } catch {}
        } else {
            uint128 bond = bondOf();
            try providers.withdraw(node, address(usd), address(theCourt), provider) {
                // No bond out under exposure: nothing of these orders can be judged any more.
                vm.assertTrue(
                    block.timestamp > uint256(DEADLINE) + 26 days || bond == 0, "too early"
                );
                _bond = 0;
                if (bond != 0) ++did["withdraw"];
            } catch {}
        }
        vm.stopPrank();
    }

    /// @dev Hours or days; now and then so long that a bond may leave after a few.
    function pass(uint256 time) external {
        vm.warp(block.timestamp + (time % 6 == 0 ? 17 days : bound(time, 1, 1 days)));
    }

    /// @dev The actions, more often those that others need first or that are rarely their turn.
    function actions() external pure returns (bytes4[] memory list) {
        bytes4[24] memory all = [
            this.claim.selector,
            this.redeem.selector,
            this.equivocate.selector,
            this.openDispute.selector,
            this.openDispute.selector,
            this.answerRoot.selector,
            this.wantInput.selector,
            this.showInput.selector,
            this.timeoutDispute.selector,
            this.ask.selector,
            this.ask.selector,
            this.timeoutDemand.selector,
            this.showReceipt.selector,
            this.showSmaller.selector,
            this.refund.selector,
            this.defer.selector,
            this.finalise.selector,
            this.release.selector,
            this.collect.selector,
            this.collectFees.selector,
            this.exitOrWithdraw.selector,
            this.pass.selector,
            this.pass.selector,
            this.pass.selector
        ];
        list = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) list[i] = all[i];
    }

    /// @dev Of an order, whether what the court knows is what it has told.
    function isTold(uint64 seq) external view returns (bool) {
        CaseState memory c = theCourt.caseOf(channel, seq);
        return c.convicted == (verdicts[seq] != 0) && c.late == (lates[seq] != 0);
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
            + usd.balanceOf(holder) + usd.balanceOf(stranger) + usd.balanceOf(provider);
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

    /// @dev Every verdict that the court tells of is a new one, and the bond moves by verdicts
    /// only: one by proof or silence takes all of it, one for being late a fifth.
    function _count(Vm.Log[] memory logs) private {
        uint256 proofs = 0;
        uint256 late = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (
                logs[i].emitter != address(theCourt)
                    || logs[i].topics[0] != ICourt.Convicted.selector
            ) continue;
            uint64 seq = uint64(uint256(logs[i].topics[2]));
            CaseState memory c = theCourt.caseOf(channel, seq);
            if (c.convicted && verdicts[seq] == 0) {
                (verdicts[seq], proofs) = (1, proofs + 1);
            } else if (c.late && lates[seq] == 0) {
                (lates[seq], late) = (1, late + 1);
            } else {
                ++again;
            }
        }
        if (late != 0) ++did["late"];
        if (proofs != 0) ++did["proven"];
        uint128 bond = bondOf();
        uint128 left = proofs != 0 ? 0 : _bond - (late == 0 ? 0 : (_bond + 4) / 5);
        if (bond != left) ++slashes;
        _bond = bond;
    }

    function _brief(Order memory o) private view returns (Brief memory) {
        return Brief({class: class, terms: terms, order: o, signature: _signed[o.seq]});
    }

    /// @dev The honest one without a trace root.
    function _receipt(Order memory o) private view returns (Statement memory s) {
        s.isReceipt = true;
        s.orderHash = orderHash(o);
        s.steps = 1;
        s.outputRoot = graphOutput;
        s.units = 1_000;
        s.signature = _received[o.seq];
    }

    function _delivery(uint64 seq) private view returns (Delivery memory d) {
        d.order = _order(seq);
        d.signature = _signed[seq];
        d.receipt = _receipt(d.order);
        d.output = bytesOf(toy.TENSORS() - 1, RIGHT);
    }

    function _order(uint64 seq) private view returns (Order memory) {
        return graphOrder(seq);
    }
}
