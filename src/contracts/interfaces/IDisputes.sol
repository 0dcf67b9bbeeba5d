// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clocks} from "../courts/Clocks.sol";
import {Channel} from "../types/Channel.sol";
import {Class} from "../types/Class.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {Dispute, Matter, State} from "../types/Dispute.sol";
import {Statement} from "../types/Statement.sol";

/// @title Descents from a signed root to one element
/// @notice Every move repeats the `Matter` that `Opened` printed. A move that asks for an answer
/// prepays it; fees stay here until the end, the provider's go to it only where it was right.
interface IDisputes {
    /// @notice A dispute began; `matter` is what its moves have to repeat.
    event Opened(uint256 indexed id, bytes32 indexed channel, uint64 seq, Matter matter);
    /// @notice It left the queue: the provider's time runs.
    event Started(uint256 indexed id);
    /// @notice The provider signed a trace root: the matter's `run.traceRoot` from now on.
    event RootStated(uint256 indexed id, bytes32 traceRoot);
    /// @notice The provider moved; the answer lies in this transaction's calldata, or
    /// in `Called` before it.
    event Answered(uint256 indexed id, State next);
    /// @notice The opener moved.
    event Asked(uint256 indexed id, State next);
    /// @notice The operand values of one element are asked for.
    event OperandsWanted(uint256 indexed id, bytes request);
    /// @notice The provider has no input any more.
    event InputWanted(uint256 indexed id);
    /// @notice The input, which lies in this transaction's calldata, or in `Called` before it.
    event InputShown(uint256 indexed id);
    /// @notice It is over: the node was convicted, or the opener lapsed.
    event Ended(uint256 indexed id, bool convicted);

    /// @notice The matter is not the dispute's.
    error WrongMatter(uint256 id);
    /// @notice Not the move that is due.
    error WrongMove(State state);
    /// @notice The turn ended at `endsAt`.
    error Overdue(uint256 endsAt);
    /// @notice The turn is not over, or nobody's.
    error NotOverdue();
    /// @notice The opener has a dispute of this purpose open on this order.
    error AlreadyOpen();
    /// @notice The child does not lie below the node that was opened.
    error WrongPick();
    /// @notice Not the operands that were asked for, or given.
    error WrongRequest();
    /// @notice The committed element does not come out of these operands.
    error NotExplained();
    /// @notice Less ether than the answer has to be prepaid with.
    error FeeTooLow(uint256 value, uint256 needed);

    /// @notice `Challenges` only, which has checked it: a dispute begins. The sender of its call
    /// prepays the first answer. Strangers, where everybody may act, queue by themselves.
    function open(Matter calldata matter, bool stranger) external payable returns (uint256 id);

    /// @notice Begins a dispute that waited, if its turn has come: openings of the same order and
    /// purpose begin together, and nobody waits for a convicted node. Anyone may call; where it is
    /// not its turn, nothing happens.
    function start(uint256 id, Matter calldata matter) external;

    /// @notice The provider signs the trace root of its receipt.
    function answerRoot(uint256 id, Matter calldata matter, Statement calldata statement)
        external;

    /// @notice The provider shows the Cancel: the opener was wrong.
    function answerCancel(uint256 id, Matter calldata matter, CompactSignature calldata signature)
        external;

    /// @notice The provider opens up to three levels: 32 bytes for each node that exists there, or
    /// whole leaves of 128 bytes when at most two levels are left.
    function answer(uint256 id, Matter calldata matter, bytes calldata data) external;

    /// @notice The provider gives the operand values of the element that was asked for.
    function answerOperands(
        uint256 id,
        Matter calldata matter,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external;

    /// @notice Before its first answer, once, and never after the order's input was shown in any
    /// dispute: the provider has lost the input.
    function wantInput(uint256 id, Matter calldata matter) external;

    /// @notice Shows the input, in calldata; anyone may. Where another dispute of the order has
    /// shown it, nothing needs to be shown.
    function showInput(uint256 id, Matter calldata matter, bytes calldata input) external;

    /// @notice The opener picks a node of the last answer: its place among those that could stand
    /// there, its hash, and three siblings a level up to the node that was opened.
    function pick(
        uint256 id,
        Matter calldata matter,
        uint256 child,
        bytes32 hash,
        bytes32[] calldata siblings
    ) external payable;

    /// @notice The opener asks for the operand values of an element of the opened leaves; the
    /// request is its list index and its place, 4 bytes each.
    function askOperands(uint256 id, Matter calldata matter, bytes calldata request)
        external
        payable;

    /// @notice The opener proves that an element of the opened leaves is wrong.
    function prove(uint256 id, Matter calldata matter, bytes calldata proof) external;

    /// @notice The opener opens one operand, which is another value than the provider gave.
    function refute(
        uint256 id,
        Matter calldata matter,
        bytes calldata request,
        bytes calldata values,
        bytes calldata proof
    ) external;

    /// @notice The opener keeps money of the case in escrow while the dispute lasts: all
    /// deferrals of an order together at most its value. A part can be put off again.
    function defer(
        uint256 id,
        Matter calldata matter,
        Class calldata class,
        Channel calldata terms,
        uint256 batchId,
        uint256 row,
        uint128 amount,
        bytes calldata records
    ) external returns (uint256 newBatchId);

    /// @notice Ends a dispute whose turn is over: the provider is convicted, or the opener lapses.
    function timeout(uint256 id, Matter calldata matter) external;

    /// @notice Disputes so far; ids run from 1 to this.
    function disputeCount() external view returns (uint256);

    /// @notice A dispute as it stands.
    function disputeOf(uint256 id) external view returns (Dispute memory);

    /// @notice keccak256 of what was asked of, then also of what was given as operands.
    function operandsOf(uint256 id) external view returns (bytes32);

    /// @notice Whose turn it is, until when, and whether that is over.
    function turnOf(uint256 id)
        external
        view
        returns (Clocks.Side side, uint256 endsAt, bool overdue);
}
