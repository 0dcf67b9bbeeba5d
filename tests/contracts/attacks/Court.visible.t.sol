// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Visible} from "contracts/courts/Visible.sol";
import {Delivery} from "contracts/types/Claim.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Matter} from "contracts/types/Dispute.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {DescentFixture} from "../base/DescentFixture.sol";
import {Grove} from "../base/Grove.sol";
import {Vm} from "../base/Vm.sol";
import {Refuser} from "../mocks/Refuser.sol";

/// @dev Moves while it is being built, when it has no code yet.
contract Newborn {
    constructor(address to, bytes memory data) {
        (bool ok,) = to.call(data);
        require(ok, "the move");
    }
}

/// @notice Who builds a move inside a contract hides nothing: what others have to read stands in
/// an event where it is not the transaction's own data.
contract CourtVisibleTest is DescentFixture {
    uint256 private constant LATE = uint256(DEADLINE) + 1;

    function test_answerOfAContractIsRepeatedInAnEvent() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        bytes memory data = abi.encodeCall(disputes.answer, (id, m, answerData(id, WRONG)));
        _checkRepeated(address(disputes), bytes32(id), data);
    }

    function test_rootOfAContractIsRepeatedInAnEvent() external {
        Order memory o = graphOrder(3);
        (uint256 id, Matter memory m) = openTrace(o, receiptOf(o, 0), holder);
        bytes memory data = abi.encodeCall(
            disputes.answerRoot, (id, m, traceOf(o, Grove.list(tensorsOf(WRONG))))
        );
        _checkRepeated(address(disputes), bytes32(id), data);
    }

    function test_operandsOfAContractAreRepeatedInAnEvent() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        descend(id, m, toy.BIG(), WRONG / 128, WRONG);
        bytes memory request = requestOf(toy.BIG(), WRONG);
        vm.prank(holder);
        disputes.askOperands{value: feeOf(180_000)}(id, m, request);
        uint8 first = uint8(7 * toy.BIG());
        uint8 second;
        unchecked {
            second = (uint8(7 * toy.BIG() + WRONG) ^ 0x40) - first;
        }
        bytes memory data = abi.encodeCall(
            disputes.answerOperands,
            (id, m, request, abi.encodePacked(first, second), proofOf(id, WRONG, WRONG))
        );
        // Its side alone answers this: the provider has code, as EIP-7702 lends it.
        _delegate(provider);
        _checkShown(address(disputes), bytes32(id), provider, provider, data, true);
    }

    function test_inputOfAContractIsRepeatedInAnEvent() external {
        (uint256 id, Matter memory m) = _open(RIGHT);
        vm.prank(provider);
        disputes.wantInput(id, m);
        bytes memory data = abi.encodeCall(disputes.showInput, (id, m, bytesOf(0, RIGHT)));
        _checkRepeated(address(disputes), bytes32(id), data);
    }

    function test_inputOfADemandOfAContractIsRepeatedInAnEvent() external {
        Brief memory b = _ask();
        vm.prank(provider);
        claims.wantInput(b);
        bytes memory data = abi.encodeCall(claims.showInput, (b, bytesOf(0, RIGHT)));
        _checkRepeated(address(claims), channel, data);
    }

    function test_resultOfAContractIsRepeatedInAnEvent() external {
        _ask();
        bytes memory data =
            abi.encodeCall(claims.answer, (class, terms, deliveryOf(graphOrder(1))));
        _checkRepeated(address(claims), channel, data);
    }

    function test_claimOfAContractIsRepeatedInAnEvent() external {
        Delivery[] memory d = new Delivery[](1);
        d[0] = deliveryOf(graphOrder(1));
        bytes memory data = abi.encodeCall(claims.claim, (class, terms, zeroStart(), d));
        _checkRepeated(address(claims), channel, data);
    }

    /// Neither the code of a delegated account nor the lack of it in a constructor hides a move.
    function test_answerOfDelegatedAndNewbornCodeIsRepeatedInAnEvent() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        bytes memory data = abi.encodeCall(disputes.answer, (id, m, answerData(id, WRONG)));
        uint256 state = vm.snapshotState();
        vm.recordLogs();
        new Newborn(address(disputes), data);
        vm.assertEq(_repeated(address(disputes), bytes32(id)), data, "of a constructor");
        vm.assertTrue(vm.revertToState(state), "back");
        _delegate(stranger);
        _checkShown(address(disputes), bytes32(id), stranger, stranger, data, true);
    }

    /// Garbage behind a move would make its transaction too large for an endpoint's answer.
    function test_answerWithALongTailIsNone() external {
        (uint256 id, Matter memory m) = _open(WRONG);
        bytes memory data = abi.encodeCall(disputes.answer, (id, m, answerData(id, WRONG)));
        bytes memory tail = new bytes(131_072 - data.length);
        vm.prank(provider, provider);
        (bool ok, bytes memory why) = address(disputes).call(bytes.concat(data, tail, hex"00"));
        vm.assertTrue(!ok, "131,073 bytes");
        vm.assertEq(why, abi.encodeWithSelector(Visible.MoveTooLong.selector, 131_073), "why");
        vm.prank(provider, provider);
        (ok,) = address(disputes).call(bytes.concat(data, tail));
        vm.assertTrue(ok, "131,072 bytes");
    }

    /// @dev Of a contract it is repeated as it came, of a plain account it is not.
    function _checkRepeated(address to, bytes32 about, bytes memory data) private {
        uint256 state = vm.snapshotState();
        _checkShown(to, about, provider, provider, data, false);
        vm.assertTrue(vm.revertToState(state), "back");
        Refuser hidden = new Refuser();
        vm.recordLogs();
        vm.prank(provider, provider);
        hidden.act(to, 0, data);
        vm.assertEq(_repeated(to, about), data, "of a contract");
    }

    function _checkShown(
        address to,
        bytes32 about,
        address sender,
        address origin,
        bytes memory data,
        bool isRepeated
    ) private {
        vm.recordLogs();
        vm.prank(sender, origin);
        (bool ok,) = to.call(data);
        vm.assertTrue(ok, "the move");
        bytes memory none;
        vm.assertEq(_repeated(to, about), isRepeated ? data : none, "of an account");
    }

    /// @dev The data of the one event of this emitter and key; empty without one.
    function _repeated(address emitter, bytes32 about) private returns (bytes memory data) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != emitter || logs[i].topics[0] != Visible.Called.selector) {
                continue;
            }
            vm.assertEq(logs[i].topics[1], about, "about");
            vm.assertTrue(data.length == 0, "once");
            data = abi.decode(logs[i].data, (bytes));
        }
    }

    function _delegate(address account) private {
        vm.etch(account, abi.encodePacked(hex"ef0100", address(new Refuser())));
    }

    function _open(uint256 wrong) private returns (uint256 id, Matter memory m) {
        Order memory o = graphOrder(3);
        return openTrace(o, receiptOf(o, Grove.list(tensorsOf(wrong))), holder);
    }

    function _ask() private returns (Brief memory b) {
        vm.warp(LATE);
        b = brief(graphOrder(1));
        CompactSignature memory sig = acceptOf(b.order, DEADLINE);
        vm.prank(holder);
        claims.ask{value: 1 ether}(b, DEADLINE, sig, noLeaf());
    }
}
