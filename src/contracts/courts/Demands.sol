// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {Rates} from "../libraries/Rates.sol";
import {Statements} from "../libraries/Statements.sol";
import {Channel} from "../types/Channel.sol";
import {Delivery} from "../types/Claim.sol";
import {Class} from "../types/Class.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {Brief, Order} from "../types/Order.sol";
import {Run, Tree} from "../types/Run.sol";
import {CaseState, Demand, Ground, Verdict} from "../types/Verdict.sol";
import {Clocks} from "./Clocks.sol";
import {Deliveries} from "./Deliveries.sol";
import {Records} from "./Records.sol";
import {Roots} from "./Roots.sol";

/// @title Demands: a result that was accepted and did not come
/// @dev Only silence is punished, and only after an Accept. A claim that lists the order answers.
abstract contract Demands is Deliveries {
    using Rates for Class;

    /// @dev Gas of an answer without its output, and of a byte of output with its leaf hash.
    uint256 internal constant GAS_ANSWER = 150_000;
    uint256 internal constant GAS_OUTPUT_BYTE = 45;

    mapping(bytes32 caseKey => Demand) private _demands;
    /// @notice Units that open demands of a channel may cost.
    mapping(bytes32 channel => uint128) public demanded;

    /// @notice What is known of a demand.
    function demandOf(bytes32 channel, uint64 seq) external view returns (Demand memory) {
        return _demands[_caseKey(channel, seq)];
    }

    /// @notice Demands the result of an accepted order. `first` opens the record of a language
    /// model, whose output may have so many tokens; it is void for a graph.
    function ask(
        Brief calldata b,
        uint64 dueAt,
        CompactSignature calldata accepted,
        Records.Opening calldata first
    ) external payable nonReentrant {
        (bytes32 channel, bytes32 orderHash) = court.check(b);
        require(
            court.mayAct(b.terms, channel, msg.sender), ICourt.NotAuthorised(msg.sender)
        );
        require(
            court.isKeys(b.terms.node, Statements.hashAccept(orderHash, dueAt), accepted),
            NotStated()
        );
        require(Clocks.askable(dueAt, b.order.deadline, block.timestamp), ICourt.OutOfTime());
        Demand storage d = _demands[_caseKey(channel, b.order.seq)];
        CaseState memory c = court.caseOf(channel, b.order.seq);
        require(
            d.respondBy == 0 && c.claimedAt == 0 && !c.convicted, ICourt.WrongStage()
        );
        uint256 needed = prepaid(_answerGas(b.order, first));
        require(msg.value >= needed, FeeTooLow(msg.value, needed));

        _hold(msg.sender, msg.value - needed);
        d.asker = msg.sender;
        d.deposit = uint96(needed);
        d.maxUnits = b.order.maxUnits;
        d.orderHash = orderHash;
        demanded[channel] += b.order.maxUnits;
        _prolong(b, channel, d);
        emit Asked(channel, b.order.seq, msg.sender, d.respondBy);
    }

    /// @notice Answers a demand without claiming: nothing is paid but the answer. Anyone may call.
    /// What was answered can be disputed for three days at least.
    function answer(Class calldata class, Channel calldata terms, Delivery calldata d)
        external
        nonReentrant
    {
        bytes32 channel = court.channelOf(class, terms);
        _show(channel);
        Demand storage asked = _demands[_caseKey(channel, d.order.seq)];
        require(_isOpen(asked), ICourt.WrongStage());
        _delivered(terms, channel, d);
        require(asked.ended, ICourt.WrongStage());
        court.answered(channel, d.order.seq);
    }

    /// @notice The provider has lost the input: the asker shows it within three days.
    function wantInput(Brief calldata b) external nonReentrant {
        (bytes32 channel, Demand storage d) = _asked(b);
        require(
            _providers().providerOf(b.terms.node) == msg.sender,
            ICourt.NotAuthorised(msg.sender)
        );
        require(!d.wantsInput && !d.inputShown, ICourt.WrongStage());
        _inputs().checkShowable(b.order.modelRoot);
        d.wantsInput = true;
        _prolong(b, channel, d);
        emit InputWanted(channel, b.order.seq, d.respondBy);
    }

    /// @notice Shows the input, in calldata; anyone may.
    function showInput(Brief calldata b, bytes calldata input) external nonReentrant {
        (bytes32 channel, Demand storage d) = _asked(b);
        _show(channel);
        require(d.wantsInput, ICourt.WrongStage());
        _inputs().checkInput(b.order.modelRoot, b.order.inputRoot, input);
        d.wantsInput = false;
        d.inputShown = true;
        _prolong(b, channel, d);
        emit InputShown(channel, b.order.seq, d.respondBy);
    }

    /// @notice Ends a demand whose time is over; anyone may call. The provider's silence convicts;
    /// an asker that has not shown the input lapses, and then anyone may ask again.
    function timeout(Class calldata class, Channel calldata terms, uint64 seq)
        external
        nonReentrant
    {
        bytes32 channel = court.channelOf(class, terms);
        Demand storage d = _demands[_caseKey(channel, seq)];
        require(_isOpen(d), ICourt.WrongStage());
        require(block.timestamp > d.respondBy, ICourt.OutOfTime());
        _end(d, channel);
        _release(d.asker, d.deposit);
        bool hasLapsed = d.wantsInput;
        // What a stranger let lapse is nobody else's fault.
        if (hasLapsed) delete _demands[_caseKey(channel, seq)];
        if (hasLapsed || court.caseOf(channel, seq).convicted) {
            emit DemandEnded(channel, seq, false);
            return;
        }
        court.convict(
            Verdict({
                channel: channel,
                seq: seq,
                node: terms.node,
                token: class.token,
                rate: uint96(class.provider()),
                units: d.maxUnits,
                reporter: d.asker,
                ground: Ground.Late
            })
        );
    }

    /// @dev The provider is paid for the answer, whoever sends it; the rest goes back.
    function _endDemand(
        Channel calldata terms,
        bytes32 channel,
        uint64 seq,
        bytes32 orderHash,
        uint256 outputBytes
    ) internal override returns (bool) {
        Demand storage d = _demands[_caseKey(channel, seq)];
        if (!_isInTime(d, orderHash)) return false;
        _end(d, channel);
        address provider = _providers().providerOf(terms.node);
        uint256 fee = _earns(GAS_ANSWER + GAS_OUTPUT_BYTE * outputBytes, d.deposit);
        if (provider == address(0)) fee = 0;
        _pay(provider, fee);
        _release(d.asker, d.deposit - fee);
        emit DemandEnded(channel, seq, true);
        return true;
    }

    /// @dev The open demand of this very order.
    function _asked(Brief calldata b) private view returns (bytes32 channel, Demand storage d) {
        bytes32 orderHash;
        (channel, orderHash) = court.check(b);
        d = _demands[_caseKey(channel, b.order.seq)];
        require(_isInTime(d, orderHash), ICourt.WrongStage());
    }

    /// @dev Three days for the next move, and the units are held back for as long.
    function _prolong(Brief calldata b, bytes32 channel, Demand storage d) private {
        d.respondBy = uint40(block.timestamp + Clocks.RESPOND);
        court.reserve(b.class, b.terms, demanded[channel], d.respondBy);
    }

    function _isInTime(Demand storage d, bytes32 orderHash) private view returns (bool) {
        return _isOpen(d) && d.orderHash == orderHash && block.timestamp <= d.respondBy;
    }

    function _end(Demand storage d, bytes32 channel) private {
        d.ended = true;
        demanded[channel] -= d.maxUnits;
    }

    function _isOpen(Demand storage d) private view returns (bool) {
        return d.respondBy != 0 && !d.ended;
    }

    function _caseKey(bytes32 channel, uint64 seq) private pure returns (bytes32) {
        return keccak256(abi.encode(channel, seq));
    }

    function _answerGas(Order calldata order, Records.Opening calldata first)
        private
        view
        returns (uint256)
    {
        uint256 size = 0;
        if (_family(order.modelRoot) == Roots.GRAPH) {
            Run memory run;
            (run.modelRoot, run.steps) = (order.modelRoot, 1);
            uint256 count = registry.countOf(Tree.Output, run);
            for (uint256 i = 0; i < count; ++i) {
                (, uint256 bytes_) = registry.tensorOf(Tree.Output, run, i);
                size += bytes_;
            }
        } else {
            size = 4 * uint256(Records.read(order.inputRoot, first).newTokensMax);
        }
        require(size <= OUTPUT_BYTES_MAX, InvalidOutput());
        return GAS_ANSWER + GAS_OUTPUT_BYTE * size;
    }
}
