// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claims} from "contracts/courts/Claims.sol";
import {Contradictions} from "contracts/courts/Contradictions.sol";
import {Court} from "contracts/courts/Court.sol";
import {Disputes} from "contracts/courts/Disputes.sol";
import {Challenges} from "contracts/courts/Challenges.sol";
import {Records} from "contracts/courts/Records.sol";
import {Channel} from "contracts/types/Channel.sol";
import {Delivery, Start} from "contracts/types/Claim.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Brief, Order} from "contracts/types/Order.sol";
import {Statement} from "contracts/types/Statement.sol";
import {ToyModel} from "../mocks/ToyModel.sol";
import {Fixture} from "./Fixture.sol";
import {Grove} from "./Grove.sol";

/// @notice A class with a real court, one channel, one node with a bond, and the toy models.
abstract contract CourtFixture is Fixture {
    uint128 internal constant BOND = 1_000_000;
    uint128 internal constant LOCKED = 1_000_000_000;
    bytes32 internal constant NOTHING =
        0x3b71fb7d9cc5f30b79d5b5a1f26b3fee17c98c25a7fc7b02643c0ab6e3eb7940;
    uint64 internal constant DEADLINE = uint64(NOW + 1 hours);

    /// The byte of tensor BIG that the cheater flips, and none.
    uint256 internal constant WRONG = 128 * 200 + 7;
    uint256 internal constant RIGHT = type(uint256).max;

    /// @dev Of the node that signs.
    uint256 internal _nodeKey = NODE_KEY;
    bytes32[][2] private _tensors;
    bytes32[][2] private _big;
    bytes32 internal graphInput;
    bytes32 internal graphOutput;
    Court internal theCourt;
    Claims internal claims;
    Disputes internal disputes;
    Challenges internal challenges;
    Contradictions internal contradictions;
    ToyModel internal toy;
    Class internal class;
    Channel internal terms;
    bytes32 internal channel;

    function setUp() public virtual override {
        super.setUp();
        toy = new ToyModel();
        _plant();
        uint256 nonce = vm.getNonce(address(this));
        address[4] memory ahead;
        for (uint256 i = 0; i < 4; ++i) {
            ahead[i] = vm.computeCreateAddress(address(this), nonce + 1 + i);
        }
        // court, disputes, challenges, contradictions, claims
        theCourt = Court(
            vm.deployCode(
                "Court.sol:Court",
                abi.encode(vouchers, toy, ahead[0], ahead[2], ahead[3])
            )
        );
        disputes = Disputes(
            vm.deployCode("Disputes.sol:Disputes", abi.encode(theCourt, toy, ahead[1]))
        );
        challenges = Challenges(
            vm.deployCode("Challenges.sol:Challenges", abi.encode(theCourt, toy, disputes))
        );
        contradictions = Contradictions(
            vm.deployCode("Contradictions.sol:Contradictions", abi.encode(theCourt, toy))
        );
        claims = Claims(vm.deployCode("Claims.sol:Claims", abi.encode(theCourt, toy)));
        vm.assertEq(address(disputes), ahead[0], "disputes");
        vm.assertEq(address(claims), ahead[3], "claims");

        class = plainClass();
        class.window = 2 days;
        class.court = address(theCourt);
        class.costTable = theCourt.COST_TABLE();
        class.unitPrice = 1e9; // a unit is about a base unit
        (terms, channel) = openChannel(class, LOCKED);
        stakeAs(provider, node, address(theCourt), BOND);
        vm.deal(holder, 100 ether);
        vm.deal(spend, 100 ether);
        vm.deal(stranger, 100 ether);
    }

    // What is signed

    function graphOrder(uint64 seq) internal view returns (Order memory) {
        return Order({
            channel: channel,
            seq: seq,
            modelRoot: toy.GRAPH(),
            inputRoot: graphInput,
            maxUnits: 1_000,
            deadline: DEADLINE,
            flags: 0,
            extension: 0
        });
    }

    function brief(Order memory order) internal view returns (Brief memory) {
        return Brief({
            class: class,
            terms: terms,
            order: order,
            signature: sign(SPEND_KEY, digestOf(separator(), orderHash(order)))
        });
    }

    function separator() internal view returns (bytes32) {
        return separatorOf(address(vouchers));
    }

    function orderHash(Order memory o) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "Order(bytes32 channel,uint64 seq,bytes32 modelRoot,bytes32 inputRoot,"
                    "uint128 maxUnits,uint64 deadline,uint8 flags,bytes32 extension)"
                ),
                o
            )
        );
    }

    function statementHash(Statement memory s) internal pure returns (bytes32) {
        if (!s.isReceipt) {
            return keccak256(
                abi.encode(
                    keccak256("TraceRoot(bytes32 orderHash,uint32 steps,bytes32 traceRoot)"),
                    s.orderHash,
                    s.steps,
                    s.traceRoot
                )
            );
        }
        return keccak256(
            abi.encode(
                keccak256(
                    "Receipt(bytes32 orderHash,uint32 steps,bytes32 outputRoot,"
                    "bytes32 traceRoot,uint128 units)"
                ),
                s.orderHash,
                s.steps,
                s.outputRoot,
                s.traceRoot,
                s.units
            )
        );
    }

    function signed(Statement memory s) internal view returns (Statement memory) {
        s.signature = sign(_nodeKey, digestOf(separator(), statementHash(s)));
        return s;
    }

    function cancelOf(Order memory order) internal view returns (CompactSignature memory) {
        bytes32 hash = keccak256(
            abi.encode(keccak256("Cancel(bytes32 orderHash)"), orderHash(order))
        );
        return sign(SPEND_KEY, digestOf(separator(), hash));
    }

    function acceptOf(Order memory order, uint64 dueAt)
        internal
        view
        returns (CompactSignature memory)
    {
        bytes32 hash = keccak256(
            abi.encode(
                keccak256("Accept(bytes32 orderHash,uint64 dueAt)"), orderHash(order), dueAt
            )
        );
        return sign(_nodeKey, digestOf(separator(), hash));
    }

    /// @dev The honest receipt of a graph order; the trace root stands in it where wanted.
    function receiptOf(Order memory order, bytes32 traceRoot)
        internal
        view
        returns (Statement memory s)
    {
        s.isReceipt = true;
        s.orderHash = orderHash(order);
        s.steps = 1;
        s.outputRoot = graphOutput;
        s.traceRoot = traceRoot;
        s.units = 1_000;
        return signed(s);
    }

    function traceOf(Order memory order, bytes32 traceRoot)
        internal
        view
        returns (Statement memory s)
    {
        s.orderHash = orderHash(order);
        s.steps = 1;
        s.traceRoot = traceRoot;
        return signed(s);
    }

    function deliveryOf(Order memory order) internal view returns (Delivery memory) {
        return Delivery({
            order: order,
            signature: brief(order).signature,
            receipt: receiptOf(order, 0),
            output: bytesOf(toy.TENSORS() - 1, type(uint256).max)
        });
    }

    function noRecord() internal pure returns (Records.Opening[] memory) {
        return new Records.Opening[](0);
    }

    function noLeaf() internal pure returns (Records.Opening memory o) {}

    // The graph's run; `wrong` is a byte of tensor BIG that is flipped, 2^256 - 1 for none

    function bytesOf(uint256 index, uint256 wrong) internal view returns (bytes memory data) {
        data = new bytes(toy.sizeOf(index));
        unchecked {
            for (uint256 j = 0; j < data.length; ++j) data[j] = bytes1(uint8(7 * index + j));
        }
        if (index == toy.BIG() && wrong < data.length) data[wrong] ^= 0x40;
    }

    function tensorsOf(uint256 wrong) internal view returns (bytes32[] memory) {
        return _tensors[wrong == RIGHT ? 0 : 1];
    }

    /// @dev The leaves' hashes of a tensor.
    function itemsOf(uint256 index, uint256 wrong) internal view returns (bytes32[] memory) {
        if (index == toy.BIG()) return _big[wrong == RIGHT ? 0 : 1];
        return Grove.nodes(bytesOf(index, wrong), 0);
    }

    /// @dev One leaf of a tensor.
    function leafOf(uint256 index, uint256 place, uint256 wrong)
        internal
        view
        returns (bytes memory leaf)
    {
        leaf = new bytes(128);
        uint256 size = toy.sizeOf(index);
        unchecked {
            for (uint256 j = 128 * place; j < 128 * place + 128 && j < size; ++j) {
                leaf[j % 128] = bytes1(uint8(7 * index + j));
            }
        }
        if (index == toy.BIG() && wrong / 128 == place) leaf[wrong % 128] ^= 0x40;
    }

    /// @dev Both runs, once: the honest one and the one with byte `WRONG` flipped.
    function _plant() private {
        for (uint256 k = 0; k < 2; ++k) {
            uint256 wrong = k == 0 ? RIGHT : WRONG;
            for (uint256 i = 0; i < toy.TENSORS(); ++i) {
                bytes memory data = bytesOf(i, wrong);
                _tensors[k].push(Grove.tensor(9, data.length, data));
            }
            _big[k] = Grove.nodes(bytesOf(toy.BIG(), wrong), 0);
        }
        graphInput = _single(0);
        graphOutput = _single(toy.TENSORS() - 1);
    }

    function _single(uint256 index) private view returns (bytes32) {
        bytes32[] memory one = new bytes32[](1);
        bytes memory data = bytesOf(index, type(uint256).max);
        one[0] = Grove.tensor(9, data.length, data);
        return Grove.list(one);
    }

    // The record and output of a language model

    function recordOf(uint32 prompt, uint32 most, uint32[] memory ends)
        internal
        pure
        returns (bytes memory data)
    {
        data = abi.encodePacked(hex"08010000", Grove.little(prompt), Grove.little(most));
        data = abi.encodePacked(data, Grove.little(ends.length), new bytes(20));
        for (uint256 i = 0; i < prompt; ++i) data = abi.encodePacked(data, Grove.little(i));
        for (uint256 i = 0; i < ends.length; ++i) {
            data = abi.encodePacked(data, Grove.little(ends[i]));
        }
    }

    function listOf(uint8 dtype, uint256 length, bytes memory data)
        internal
        pure
        returns (bytes32)
    {
        bytes32[] memory one = new bytes32[](1);
        one[0] = Grove.tensor(dtype, length, data);
        return Grove.list(one);
    }

    function openingOf(bytes memory data, uint256 index)
        internal
        pure
        returns (Records.Opening memory o)
    {
        bytes32[] memory items = Grove.nodes(data, 0);
        o.index = uint32(index);
        o.leaf = Grove.leaf(data, index);
        o.siblings = Grove.path(items, index, Grove.height(items.length));
    }

    function zeroStart() internal pure returns (Start memory s) {}

    function bondOf() internal view returns (uint128 amount) {
        (amount,) = providers.bond(node, address(usd), address(theCourt));
    }

    function feeOf(uint256 gasUnits) internal pure returns (uint256) {
        return 4 * gasUnits * 1 gwei;
    }
}
