// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Delivery} from "contracts/types/Claim.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Matter, State} from "contracts/types/Dispute.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {DescentFixture} from "./base/DescentFixture.sol";
import {Grove} from "./base/Grove.sol";

/// @notice What each transaction of a court costs, base fee and calldata included, and never less
/// than the floor of EIP-7623. The judgement itself is the toy model's; the models' own are
/// measured with their judges.
/// forge-config: default.isolate = true
contract CourtGasTest is DescentFixture {
    function test_gas_courtSizes() external {
        _size("Court", address(theCourt));
        _size("Claims", address(claims));
        _size("Disputes", address(disputes));
        _size("Challenges", address(challenges));
        _size("Contradictions", address(contradictions));
    }

    function test_gas_dispute() external {
        vouchers.redeemBatch(class, node, rowOf(terms, 1_000));
        // Not the first of the channel.
        Order memory o = graphOrder(2);
        (uint256 id, Matter memory m) = openTrace(o, receiptOf(o, 0), spend);
        vm.warp(NOW + 2 days);
        disputes.answerRoot(id, m, traceOf(o, Grove.list(tensorsOf(RIGHT))));

        o = graphOrder(3);
        Statement memory s = receiptOf(o, Grove.list(tensorsOf(WRONG)));
        m = matterOf(o, s, TRACE, holder);
        bytes memory data =
            abi.encodeCall(challenges.open, (brief(o), s, TRACE, noRecord(), noLeaf()));
        _send("open", address(challenges), holder, feeOf(150_000), data);
        id = disputes.disputeCount();
        while (true) {
            bytes memory answer = answerData(id, WRONG);
            string memory name = answer.length == 2_048
                ? disputes.disputeOf(id).wraps & 16 == 0 ? "answer, 64 nodes" : "answer, leaves"
                : "answer, fewer nodes";
            data = abi.encodeCall(disputes.answer, (id, m, answer));
            uint256 gas = _send(name, address(disputes), provider, 0, data);
            vm.assertLe(gas, 130_000, "an answer");
            if (disputes.disputeOf(id).state == State.WantProof) break;
            (uint256 child, bytes32 hash, bytes32[] memory path) =
                pickTo(id, toy.BIG(), WRONG / 128, WRONG);
            data = abi.encodeCall(disputes.pick, (id, m, child, hash, path));
            _send("pick", address(disputes), holder, feeOf(150_000), data);
        }
        data = abi.encodeCall(disputes.prove, (id, m, proofOf(id, WRONG, WRONG)));
        uint256 conviction = _send("prove", address(disputes), holder, 0, data);
        vm.assertLe(conviction, 300_000, "a conviction");
    }

    function test_gas_operands() external {
        Order memory o = graphOrder(3);
        Statement memory s = receiptOf(o, Grove.list(tensorsOf(WRONG)));
        (uint256 id, Matter memory m) = openTrace(o, s, holder);
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        bytes memory request = requestOf(toy.BIG(), WRONG);
        bytes memory data = abi.encodeCall(disputes.askOperands, (id, m, request));
        _send("ask operands", address(disputes), holder, feeOf(180_000), data);
        uint8 first = uint8(7 * toy.BIG());
        uint8 second;
        unchecked {
            second = (uint8(7 * toy.BIG() + WRONG) ^ 0x40) - first;
        }
        bytes memory values = abi.encodePacked(first, second);
        data = abi.encodeCall(
            disputes.answerOperands, (id, m, request, values, proofOf(id, WRONG, WRONG))
        );
        uint256 gas = _send("answer operands", address(disputes), provider, 0, data);
        vm.assertLe(gas, 180_000, "an operands answer");
        data = abi.encodeCall(
            disputes.refute, (id, m, request, values, abi.encode(uint256(1), uint8(WRONG)))
        );
        _send("refute", address(disputes), holder, 0, data);
    }

    function test_gas_silence() external {
        Order memory o = graphOrder(3);
        Statement memory s = receiptOf(o, 0);
        (uint256 id, Matter memory m) = openTrace(o, s, holder);
        vm.warp(NOW + 4 days);
        bytes memory data = abi.encodeCall(disputes.timeout, (id, m));
        _send("timeout", address(disputes), holder, 0, data);
    }

    function test_gas_equivocation() external {
        Order memory o = graphOrder(3);
        bytes memory data = abi.encodeCall(
            contradictions.equivocation,
            (brief(o), receiptOf(o, "a"), receiptOf(o, "b"), noRecord())
        );
        uint256 gas = _send("equivocation", address(contradictions), holder, 0, data);
        vm.assertLe(gas, 300_000, "a conviction");
    }

    function test_gas_claim() external {
        _gasOfClaim("claim, 1 order", 1);
        _gasOfClaim("claim, 10 orders", 10);
    }

    function test_gas_demand() external {
        vm.warp(uint256(DEADLINE) + 1);
        Order memory o = graphOrder(1);
        CompactSignature memory sig = acceptOf(o, DEADLINE);
        bytes memory data = abi.encodeCall(claims.ask, (brief(o), DEADLINE, sig, noLeaf()));
        _send("ask", address(claims), holder, 1 ether, data);
        data = abi.encodeCall(claims.answer, (class, terms, deliveryOf(o)));
        _send("answer to a demand", address(claims), provider, 0, data);
    }

    function _gasOfClaim(string memory name, uint256 count) private {
        Delivery[] memory d = new Delivery[](count);
        for (uint256 i = 0; i < count; ++i) {
            d[i] = deliveryOf(graphOrder(uint64(100 * count + i)));
        }
        bytes memory data = abi.encodeCall(claims.claim, (class, terms, zeroStart(), d));
        _send(name, address(claims), provider, 0, data);
    }

    function _size(string memory name, address where) private {
        vm.snapshotValue(string.concat("bytes of ", name), where.code.length);
        vm.assertLe(where.code.length, 24_576, "EIP-170");
    }

    /// @dev Sends a transaction of a plain account and notes its gas: what it used, or the floor.
    function _send(
        string memory name,
        address to,
        address from,
        uint256 value,
        bytes memory data
    ) private returns (uint256 gas) {
        vm.prank(from, from);
        (bool ok,) = to.call{value: value}(data);
        gas = vm.lastCallGas().gasTotalUsed;
        vm.assertTrue(ok, name);
        uint256 tokens = 0;
        for (uint256 i = 0; i < data.length; ++i) tokens += data[i] == 0 ? 1 : 4;
        uint256 floor = 21_000 + 10 * tokens;
        if (gas < floor) gas = floor;
        vm.snapshotValue(name, gas);
    }
}
