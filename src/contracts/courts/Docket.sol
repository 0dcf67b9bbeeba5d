// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputes} from "../interfaces/IDisputes.sol";
import {Dispute, Matter, State} from "../types/Dispute.sol";
import {Ground, Verdict} from "../types/Verdict.sol";
import {Clocks} from "./Clocks.sol";
import {Descents} from "./Descents.sol";
import {Fees} from "./Fees.sol";
import {Provers} from "./Provers.sol";
import {Visible} from "./Visible.sol";

/// @title Docket: whose turn it is, until when, and what the answers cost
/// @dev The first page of `Disputes`. A dispute is four words, the rest travels in calldata. Each
/// has clocks of its own: nobody's overtime, and no other opener, shortens or prolongs them. On one
/// channel one order at a time waits for its first answer, the one that takes a re-execution; one
/// more of strangers, where everybody may open: they hold up only each other. Openings of the same
/// order and purpose begin together, since one re-execution answers them all; those that need none
/// never wait. Nobody waits for a node that was proven wrong, or silent, anywhere: what protects
/// the honest one would be its hiding place.
abstract contract Docket is IDisputes, Provers, Fees, Visible {
    /// @dev Gas of an answer with everything: 64 hashes, or operands.
    uint256 internal constant GAS_ANSWER = 150_000;
    uint256 internal constant GAS_OPERANDS = 180_000;

    /// @dev Bytes of a `Matter`: 17 words.
    uint256 private constant MATTER_BYTES = 544;

    /// @dev Places of one line, from 1 on: how many were left again, and given. The first that was
    /// not left has its turn: `group` says whose it is.
    struct Queue {
        uint64 left;
        uint64 given;
        uint128 group;
    }

    /// @dev A place that was waited for, and the dispute that holds it.
    struct Place {
        uint128 group;
        uint128 id;
    }

    /// @inheritdoc IDisputes
    uint256 public disputeCount;
    /// @inheritdoc IDisputes
    mapping(uint256 id => bytes32) public operandsOf;
    mapping(uint256 id => Dispute) private _disputes;
    mapping(bytes32 line => Queue) private _queues;
    mapping(bytes32 line => mapping(uint64 place => Place)) private _places;
    /// @dev Of keccak256(line, orderHash, purpose): the last place that its openings waited for.
    mapping(uint128 group => uint64 place) private _placeOf;
    /// @dev keccak256(channel, seq, opener, purpose): one dispute at a time.
    mapping(bytes32 key => bool) private _isOpen;

    /// @inheritdoc IDisputes
    function disputeOf(uint256 id) external view returns (Dispute memory) {
        return _disputes[id];
    }

    /// @inheritdoc IDisputes
    function turnOf(uint256 id)
        external
        view
        returns (Clocks.Side side, uint256 endsAt, bool overdue)
    {
        return Clocks.turn(_disputes[id], block.timestamp);
    }

    /// @inheritdoc IDisputes
    /// @dev At once where the order was decided otherwise: nothing is left to judge, and the
    /// dispute would hold up shares and its own deposit.
    function timeout(uint256 id, Matter calldata m) external nonReentrant {
        Dispute memory d = _load(id, m);
        (Clocks.Side side,, bool overdue) = Clocks.turn(d, block.timestamp);
        require(overdue || court.caseOf(m.channel, m.seq).convicted, NotOverdue());
        _end(id, d, m, overdue && side == Clocks.Side.Provider, Ground.Silence);
    }

    // Beginning and end

    /// @dev Enters a new dispute, behind those that wait for a first answer on its channel.
    function _enter(Dispute memory d, Matter calldata m) internal returns (uint256 id) {
        bytes32 key = _keyOf(m);
        require(!_isOpen[key], AlreadyOpen());
        _isOpen[key] = true;
        id = ++disputeCount;
        _hold(m.opener, 0);
        bool fallen;
        (d.generation, fallen) = court.disputeOpened(_verdictOf(m, Ground.Proof));
        if (fallen || m.purpose == Descents.CANCEL || _hasTurn(id, d, m)) {
            d.turnedAt = uint40(block.timestamp);
        } else {
            (d.resume, d.state) = (d.state, State.Queued);
        }
        _save(id, d);
        emit Opened(id, m.channel, m.seq, m);
    }

    /// @inheritdoc IDisputes
    /// @dev Whose place was left before it began takes another one.
    function start(uint256 id, Matter calldata m) external nonReentrant {
        Dispute memory d = _load(id, m);
        require(d.state == State.Queued, WrongMove(d.state));
        bool begins = court.fallen(m.node) || _hasTurn(id, d, m);
        _save(id, d);
        if (begins) _begin(id);
    }

    /// @dev Whether the openings of the order and purpose have their turn; gives them a place at
    /// the end of the line where they have none.
    function _hasTurn(uint256 id, Dispute memory d, Matter calldata m)
        private
        returns (bool)
    {
        bytes32 line = _line(d, m.channel);
        Queue memory q = _queues[line];
        uint128 group = uint128(uint256(keccak256(abi.encode(line, m.orderHash, m.purpose))));
        bool isFree = q.left == q.given;
        if (!isFree && (q.group == group || _placeOf[group] > q.left)) return q.group == group;
        d.place = ++q.given;
        if (isFree) {
            q.group = group;
        } else {
            _placeOf[group] = d.place;
            _places[line][d.place] = Place(group, uint128(id));
        }
        _queues[line] = q;
        return isFree;
    }

    function _begin(uint256 id) private {
        Dispute storage d = _disputes[id];
        d.state = d.resume;
        d.turnedAt = uint40(block.timestamp);
        emit Started(id);
    }

    /// @dev Ends a dispute. The state comes first: whatever follows, there is one end. An order
    /// that was judged meanwhile ends as such, and is not judged twice.
    function _end(
        uint256 id,
        Dispute memory d,
        Matter calldata m,
        bool convicted,
        Ground ground
    ) internal {
        d.state = convicted ? State.Convicted : State.Lapsed;
        (uint256 deposit, uint256 due) = (d.deposit, convicted ? 0 : d.due);
        _leave(d, m.channel);
        (d.matter, d.commit, d.size, d.deposit, d.due) = (0, 0, 0, 0, 0);
        _save(id, d);
        delete _isOpen[_keyOf(m)];
        emit Ended(id, convicted);

        Verdict memory v = _verdictOf(m, ground);
        if (court.disputeEnded(v, d.generation, convicted)) due = 0;
        if (due != 0) {
            address provider = _providers().providerOf(m.node);
            if (provider == address(0)) due = 0;
            else _pay(provider, due);
        }
        _release(m.opener, deposit - due);
    }

    // Turns

    function _load(uint256 id, Matter calldata m) internal view returns (Dispute memory d) {
        d = _disputes[id];
        require(d.matter == _hash(m), WrongMatter(id));
    }

    /// @dev The words as they stand in calldata; any other encoding is another matter.
    function _hash(Matter calldata m) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let p := mload(0x40)
            calldatacopy(p, m, MATTER_BYTES)
            hash := keccak256(p, MATTER_BYTES)
        }
    }

    /// @dev The dispute, in `state` and in time.
    function _take(uint256 id, Matter calldata m, State state)
        internal
        view
        returns (Dispute memory d)
    {
        d = _load(id, m);
        _checkTurn(d, state);
    }

    function _checkTurn(Dispute memory d, State state) internal view {
        require(d.state == state, WrongMove(d.state));
        (, uint256 endsAt, bool overdue) = Clocks.turn(d, block.timestamp);
        require(!overdue, Overdue(endsAt));
    }

    /// @dev Charges the side that has just moved, and starts the next turn.
    function _charge(Dispute memory d, Clocks.Side side) internal view {
        if (side == Clocks.Side.Provider) {
            d.spentProvider = Clocks.spent(d.spentProvider, d.turnedAt, block.timestamp);
        } else {
            d.spentOpener = Clocks.spent(d.spentOpener, d.turnedAt, block.timestamp);
        }
        d.turnedAt = uint40(block.timestamp);
    }

    /// @dev After the provider's move; the first one lets the next opening of the channel begin.
    function _answered(uint256 id, Dispute memory d, Matter calldata m) internal {
        _charge(d, Clocks.Side.Provider);
        _earn(d);
        _leave(d, m.channel);
        ++d.answers;
        _save(id, d);
        emit Answered(id, d.state);
    }

    /// @dev After the opener's move, which pays for the answer that it asks for.
    function _askNext(uint256 id, Dispute memory d) internal {
        require(d.answers < Clocks.ANSWERS_MAX, WrongMove(d.state));
        _charge(d, Clocks.Side.Opener);
        _prepay(d);
        _save(id, d);
        emit Asked(id, d.state);
    }

    /// @dev Word by word: member by member, the third one would be written twelve times.
    function _save(uint256 id, Dispute memory d) internal {
        Dispute storage saved = _disputes[id];
        (saved.matter, saved.commit) = (d.matter, d.commit);
        uint256 third = uint256(d.state) | uint256(d.resume) << 8 | uint256(d.wraps) << 16
            | uint256(d.level) << 24 | uint256(d.answers) << 32 | uint256(d.generation) << 40
            | uint256(d.turnedAt) << 64 | uint256(d.spentProvider) << 104
            | uint256(d.spentOpener) << 128 | uint256(d.index) << 152
            | uint256(d.position) << 184 | uint256(d.size) << 216;
        uint256 fourth =
            uint256(d.deposit) | uint256(d.due) << 96 | uint256(d.place) << 192;
        assembly ("memory-safe") {
            sstore(add(saved.slot, 2), third)
            sstore(add(saved.slot, 3), fourth)
        }
    }

    /// @dev Who holds the first place of a line has its first answer, its end, or waits for the
    /// input: the next one begins. Nothing to do for one that has left before, or holds no place.
    function _leave(Dispute memory d, bytes32 channel) internal {
        if (d.place == 0) return;
        bytes32 line = _line(d, channel);
        Queue memory q = _queues[line];
        if (d.place != q.left + 1) return;
        (q.left, d.place) = (d.place, 0);
        if (q.left != q.given) {
            Place memory next = _places[line][q.left + 1];
            q.group = next.group;
            if (_disputes[next.id].state == State.Queued) _begin(next.id);
        }
        _queues[line] = q;
    }

    // Fees

    /// @dev The opener prepays the answer; all of it stays here until the end.
    function _prepay(Dispute memory d) internal {
        uint256 needed =
            prepaid(d.state == State.WantOperands ? GAS_OPERANDS : GAS_ANSWER);
        require(msg.value >= needed, FeeTooLow(msg.value, needed));
        d.deposit += uint96(msg.value);
    }

    /// @dev What an answer has cost, in case that the provider is right.
    function _earn(Dispute memory d) internal view {
        uint256 gasUnits = d.state == State.WantRefutation ? GAS_OPERANDS : GAS_ANSWER;
        d.due += uint96(_earns(gasUnits, d.deposit - d.due));
    }

    // Reading

    function _keyOf(Matter calldata m) private pure returns (bytes32) {
        return keccak256(abi.encode(m.channel, m.seq, m.opener, m.purpose));
    }

    /// @dev The channel's own side waits in one line, strangers in another.
    function _line(Dispute memory d, bytes32 channel) private pure returns (bytes32) {
        return keccak256(abi.encode(channel, d.wraps & Descents.STRANGER));
    }

    function _verdictOf(Matter calldata m, Ground ground) internal pure returns (Verdict memory) {
        return Verdict({
            channel: m.channel,
            seq: m.seq,
            node: m.node,
            token: m.token,
            rate: m.rate,
            units: m.units,
            reporter: m.opener,
            ground: ground
        });
    }
}
