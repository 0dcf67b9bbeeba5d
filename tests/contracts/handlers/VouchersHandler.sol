// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Channel} from "contracts/types/Channel.sol";
import {Class} from "contracts/types/Class.sol";
import {CompactSignature} from "contracts/types/CompactSignature.sol";
import {Fixture} from "../base/Fixture.sol";

/// @notice Drives the whole system with calls that must succeed, whatever their order, and keeps in
/// ghosts what the contracts ought to hold. A call that reverts is a failure (`fail_on_revert`).
contract VouchersHandler is Fixture {
    /// What is known of a channel outside the contracts.
    struct Ghost {
        Channel terms;
        uint256 classIndex;
        uint256 spendKey;
        /// The highest ack signed, and the highest claim a court allowed.
        uint128 signedMost;
        uint128 claimedMost;
        /// `redeemed` as last seen, to see that it never falls.
        uint128 redeemedBefore;
        bool closed;
    }

    Class[] public classes;
    address[] public holders;
    bytes32[] public channelIds;
    mapping(bytes32 channelId => Ghost) public ghosts;
    mapping(uint256 batchId => bytes) private _records;
    /// The row that a batch, split off once or several times, comes from; itself where there is
    /// none. And what that row has given back, whatever batch it was in by then.
    mapping(uint256 batchId => bytes32) private _root;
    mapping(bytes32 root => uint256) private _givenBack;
    /// The last moment that anything of the row may mature.
    mapping(uint256 batchId => uint40) private _latest;

    /// Sums over everything that ever happened, in token base units.
    uint256 public deposited;
    uint256 public settled;
    uint256 public reclaimedMoney;
    uint256 public slashed;
    uint256 public slashRewards;
    /// Money each holder put in, to see that no cycle makes profit (invariant 5).
    uint256 public staked;
    uint256 public unstaked;
    /// Set when something happened that must never happen.
    string public broken;
    /// How often each action did something, to see that none is idle.
    mapping(bytes32 action => uint256) public did;

    constructor() {
        setUp();
        holders.push(holder);
        holders.push(stranger);
        Class memory c = plainClass();
        c.expiry = uint64(NOW + 25 days);
        classes.push(c);
        c = courtClass();
        c.expiry = uint64(NOW + 70 days);
        c.unitPrice = 3_333_333_333_333;
        c.premiumBps = 10_000;
        c.burnBps = 10_000;
        classes.push(c);
        c = courtClass();
        c.premiumBps = 0;
        c.unitPrice = 1;
        c.thaw = 30 days;
        classes.push(c);
        for (uint256 i = 0; i < holders.length; ++i) {
            vm.prank(holders[i]);
            usd.approve(address(vouchers), type(uint256).max);
        }
        // A start with something in it: a sequence is too short to waste on the first mints.
        for (uint256 i = 0; i < 6; ++i) {
            mint(i, i / 2, 1e12);
            open(i, i / 2, 6 * i, 1e10 + uint128(i));
        }
    }

    /// The time, kept here because a warp need not outlive the call that made it.
    uint256 private _clock = NOW;

    modifier timed() {
        vm.warp(_clock);
        _;
    }

    // Actions. Each returns quietly when its turn has not come; otherwise it must succeed.

    function mint(uint256 who, uint256 which, uint256 units) public timed {
        Class memory class = classes[which % classes.length];
        if (block.timestamp >= class.expiry) return;
        units = bound(units, 1, 1e15);
        address account = holders[who % holders.length];
        uint256 cost = vouchers.quote(class, units);
        usd.mint(account, cost);
        vm.prank(account);
        vouchers.mint(class, units, account);
        deposited += cost;
        ++did["mint"];
    }

    function transfer(uint256 who, uint256 which, uint256 units) external timed {
        uint256 id = idOf(classes[which % classes.length]);
        address from = holders[who % holders.length];
        address to = holders[(who % holders.length + 1) % holders.length];
        units = bound(units, 0, vouchers.balanceOf(from, id));
        vm.prank(from);
        vouchers.safeTransferFrom(from, to, id, units, "");
        ++did["transfer"];
    }

    function open(uint256 who, uint256 which, uint256 nodeSeed, uint128 units) public timed {
        which %= classes.length;
        Class memory class = classes[which];
        // Now and then one opens for the other.
        address payer = holders[who % holders.length];
        address account = holders[(who / 8) % holders.length];
        uint256 has = vouchers.balanceOf(payer, idOf(class));
        if (has == 0 || block.timestamp >= class.expiry || channelIds.length >= 24) return;
        address to = nodeSeed % 2 == 0 ? node : node2;
        if (providers.revokedAt(to) != 0) return;
        uint256 key = nodeSeed % 3 == 0 ? SPEND_KEY : SPEND2_KEY;
        Channel memory terms = Channel({
            holder: account,
            node: to,
            spendKey: vm.addr(key),
            classId: idOf(class),
            salt: bytes32(channelIds.length)
        });
        vm.prank(payer);
        bytes32 id = vouchers.open(class, terms, uint128(bound(units, 1, _atMost(has, 0))));
        channelIds.push(id);
        Ghost storage ghost = ghosts[id];
        ghost.terms = terms;
        ghost.classIndex = which;
        ghost.spendKey = key;
        ++did["open"];
    }

    /// @dev By anybody, and by `open` as well.
    function topUp(uint256 seed, uint256 who, uint128 units) external timed {
        (bytes32 id, Ghost storage ghost, Class memory class) = _pick(seed);
        if (id == 0 || ghost.closed || thawAtOf(id) != 0) return;
        if (block.timestamp >= class.expiry || providers.revokedAt(ghost.terms.node) != 0) return;
        address payer = holders[who % holders.length];
        uint256 has = vouchers.balanceOf(payer, idOf(class));
        uint128 before = lockedOf(id);
        if (has == 0 || before == UNITS_MAX) return;
        units = uint128(bound(units, 1, _atMost(has, before)));
        vm.prank(payer);
        if (who % 3 == 0) vouchers.open(class, ghost.terms, units);
        else vouchers.topUp(class, ghost.terms, units);
        if (lockedOf(id) != before + units) broken = "not added";
        ++did["topUp"];
    }

    function migrate(uint256 who, uint256 which, uint256 into, uint256 units) external timed {
        Class memory from = classes[which % classes.length];
        Class memory class = classes[into % classes.length];
        if (block.timestamp >= class.expiry || class.expiry < from.expiry) return;
        address account = holders[who % holders.length];
        uint256 has = vouchers.balanceOf(account, idOf(from));
        uint256 least = ceilDiv(totalRate(class), from.unitPrice * 1e8);
        if (has < least) return;
        vm.prank(account);
        vouchers.migrate(from, class, bound(units, least, has), holders[into % holders.length]);
        ++did["migrate"];
    }

    /// @dev Under the terms of a channel that is not there, now and then of one that is.
    function spendFree(uint256 who, uint256 which, uint256 seed, uint128 units) external timed {
        (bytes32 id, Ghost storage ghost, Class memory class) = _pick(seed);
        if (id == 0 || seed % 3 != 0) {
            which %= classes.length;
            class = classes[which];
            Channel memory terms = channelOf(class);
            terms.holder = holders[who % holders.length];
            terms.salt = keccak256("a name only");
            id = idOf(terms);
            ghost = ghosts[id];
            (ghost.terms, ghost.classIndex) = (terms, which);
        }
        uint256 has = vouchers.balanceOf(ghost.terms.holder, idOf(class));
        if (has == 0 || block.timestamp >= uint256(class.expiry) + GRACE) return;
        units = uint128(bound(units, 1, _atMost(has, 0)));
        vm.prank(ghost.terms.holder);
        (uint256 batchId,) = vouchers.spend(class, ghost.terms, units);
        if (batchId != 0) _note(batchId, recordOf(id, 0, units, 0));
        ++did["spend"];
    }

    /// @dev Redeems acks of up to four channels of one node and class, each doubled, with junk
    /// between.
    function redeem(uint256 seed, uint128[4] memory cums, bytes32[5] memory junk) external timed {
        (bytes32 first, Ghost storage ghost, Class memory class) = _pick(seed);
        if (first == 0 || block.timestamp >= uint256(class.expiry) + GRACE) return;
        address to = ghost.terms.node;
        bytes memory rows;
        bytes memory records;
        for (uint256 i = 0; i < channelIds.length && rows.length < 12 * 160; ++i) {
            bytes32 id = channelIds[(seed % channelIds.length + i) % channelIds.length];
            if (ghosts[id].terms.node != to || ghosts[id].terms.classId != idOf(class)) continue;
            (bytes memory three, bytes memory recorded) = _threeRows(id, cums[i % 4], junk);
            rows = bytes.concat(rows, three);
            records = bytes.concat(records, recorded);
        }
        (uint256 batchId, uint256 bitmap,) = vouchers.redeemBatch(class, to, rows);
        if (batchId != 0) _note(batchId, records);
        for (uint256 i = 1; i < rows.length / 160; ++i) {
            if (i % 3 != 0 && bitmap >> i & 1 == 1) broken = "a useless row was redeemed";
        }
        if (bitmap != 0) ++did["redeem"];
    }

    function thaw(uint256 seed) external timed {
        (bytes32 id, Ghost storage ghost, Class memory class) = _pick(seed);
        if (id == 0 || ghost.closed || thawAtOf(id) != 0 || seed % 2 != 0) return;
        vm.prank(ghost.terms.holder);
        vouchers.thaw(class, ghost.terms);
        ++did["thaw"];
    }

    /// @dev Tries at any time; when it succeeds, it must have been allowed to.
    function withdraw(uint256 seed) external timed {
        // Three times out of four one that is thawing, if there is any.
        for (uint256 i = 0; i < channelIds.length && seed % 4 != 0; ++i) {
            uint256 index = (seed % channelIds.length + i) % channelIds.length;
            uint40 time = thawAtOf(channelIds[index]);
            if (time != 0 && time != CLOSED) {
                seed = index;
                break;
            }
        }
        (bytes32 id, Ghost storage ghost, Class memory class) = _pick(seed);
        if (id == 0 || ghost.closed) return;
        (uint40 thawAt, uint128 reserved, uint40 until) = vouchers.aux(id);
        bool allowed = (thawAt != 0 && block.timestamp >= thawAt)
            || block.timestamp >= uint256(class.expiry) + GRACE;
        uint128 held = block.timestamp < until ? reserved : 0;
        vm.prank(ghost.terms.holder);
        try vouchers.withdraw(class, ghost.terms) {
            if (!allowed) broken = "withdrawn before thawAt";
            if (lockedOf(id) - redeemedOf(id) > held) broken = "withdrew too little";
            if (held == 0) ghost.closed = true;
            ++did["withdraw"];
        } catch {
            if (allowed) broken = "could not withdraw";
        }
    }

    function close(uint256 seed, uint128 cum) external timed {
        (bytes32 id, Ghost storage ghost, Class memory class) = _pick(seed);
        if (id == 0 || ghost.closed || seed % 4 != 0) return;
        if (providers.revokedAt(ghost.terms.node) != 0) return;
        if (block.timestamp >= uint256(class.expiry) + GRACE) return;
        cum = uint128(bound(cum, 0, lockedOf(id)));
        uint256 nodeKey = ghost.terms.node == node ? NODE_KEY : NODE2_KEY;
        CompactSignature memory ack = sign(ghost.spendKey, ackDigest(id, cum, 1));
        CompactSignature memory waiver = sign(nodeKey, releaseDigest(id, cum));
        if (cum > ghost.signedMost) ghost.signedMost = cum;
        uint128 from = redeemedOf(id);
        vm.prank(ghost.terms.holder);
        vouchers.close(class, ghost.terms, cum, 1, ack, waiver);
        if (cum > from && class.court != address(0)) {
            _note(vouchers.batchCount(), recordOf(id, from, cum, 1));
        }
        ghost.closed = true;
        ++did["close"];
    }

    function reserve(uint256 seed, uint128 units, uint256 time) external timed {
        (bytes32 id, Ghost storage ghost, Class memory class) = _pick(seed);
        if (id == 0 || ghost.closed || class.court == address(0)) return;
        units = uint128(bound(units, 0, lockedOf(id) - redeemedOf(id)));
        uint256 most = block.timestamp + 3 days + class.window;
        uint256 courtEnd = uint256(class.expiry) + GRACE + COURT_GRACE;
        if (most > courtEnd) most = courtEnd;
        if (most < block.timestamp) return;
        uint40 until = uint40(bound(time, block.timestamp, most));
        court.reserve(class, ghost.terms, units, until);
        ++did["reserve"];
    }

    function advance(uint256 seed, uint128 cum) external timed {
        (bytes32 id, Ghost storage ghost, Class memory class) = _pick(seed);
        if (id == 0 || ghost.closed || class.court == address(0)) return;
        if (block.timestamp >= uint256(class.expiry) + GRACE + COURT_GRACE) return;
        cum = uint128(bound(cum, 0, UNITS_MAX));
        uint128 from = redeemedOf(id);
        uint128 to = _min(cum, lockedOf(id));
        if (cum > ghost.claimedMost) ghost.claimedMost = cum;
        (uint256 batchId,) = court.advance(class, ghost.terms, cum);
        if (batchId != 0) {
            _note(batchId, recordOf(id, from, to, 0));
            ++did["advance"];
        }
    }

    function refund(uint256 batchSeed, uint256 row, uint128 amount) external timed {
        (uint256 batchId, uint256 index, uint256 left) = _pickRow(batchSeed, row);
        if (batchId == 0) return;
        bytes memory records = _records[batchId];
        Ghost storage ghost = ghosts[_word(records, index * 72)];
        Class memory class = classes[ghost.classIndex];
        amount = uint128(bound(amount, 0, left));
        court.refund(class, ghost.terms, batchId, index, amount, records);
        bytes32 root = _rootOf(batchId, index);
        _givenBack[root] += amount;
        if (_givenBack[root] > _rowPaid(class, records, index)) {
            broken = "gave back more than the row paid";
        }
        ++did["refund"];
        // One base unit more than is left of the row must be refused, whatever else is in escrow.
        amount = uint128(left) - amount + 1;
        try court.refund(class, ghost.terms, batchId, index, amount, records) {
            broken = "refunded more than the row paid";
        } catch {}
    }

    function split(uint256 batchSeed, uint256 row, uint128 amount, uint256 time) external timed {
        (uint256 batchId, uint256 index, uint256 left) = _pickRow(batchSeed, row);
        if (batchId == 0 || left == 0) return;
        uint256 latest = _latest[batchId];
        // Now, at the last moment, or between.
        uint256 when = time % 4 == 0 ? block.timestamp : latest;
        if (time % 4 > 1) when = bound(time, block.timestamp, latest);
        amount = uint128(bound(amount, 1, left));
        (bool ok, uint256 newId) = _trySplit(batchId, index, amount, uint40(latest) + 1);
        if (ok) broken = "put off beyond the latest moment";
        (ok, newId) = _trySplit(batchId, index, amount, uint40(when));
        if (!ok) broken = "could not split";
        _records[newId] = _record(_records[batchId], index);
        _root[newId] = _rootOf(batchId, index);
        _latest[newId] = uint40(latest);
        ++did["split"];
        amount = uint128(left) - amount + 1;
        (ok,) = _trySplit(batchId, index, amount, uint40(when));
        if (ok) broken = "split off more than the row paid";
    }

    function release(uint256 batchSeed) external timed {
        uint256 count = vouchers.batchCount();
        if (count == 0) return;
        uint256[] memory ids = new uint256[](1);
        for (uint256 i = 0; i < count; ++i) {
            ids[0] = 1 + (batchSeed % count + i) % count;
            if (!_isInDispute(ids[0]) && escrowOf(ids[0]) != 0) break;
        }
        if (_isInDispute(ids[0])) return;
        if (vouchers.release(ids) != 0) ++did["release"];
        if (maturesAtOf(ids[0]) > _latest[ids[0]]) broken = "put off for too long";
    }

    function settle(uint256 who) external timed {
        address[4] memory accounts = [provider, provider2, holder, stranger];
        address account = accounts[who % 4];
        uint256 amount = vouchers.earned(account, address(usd));
        if (amount == 0) return;
        vm.prank(account);
        vouchers.settle(address(usd), address(0x5e771ed));
        settled += amount;
        ++did["settle"];
    }

    function reclaim(uint256 who, uint256 which, uint256 units) external timed {
        Class memory class = classes[which % classes.length];
        address account = holders[who % holders.length];
        uint256 has = vouchers.balanceOf(account, idOf(class));
        if (has == 0 || block.timestamp < uint256(class.expiry) + GRACE) return;
        vm.prank(account);
        reclaimedMoney += vouchers.reclaim(class, bound(units, 1, has), address(0x4ec1a13));
        ++did["reclaim"];
    }

    function stake(uint128 amount, bool other) external timed {
        (address who, address n) = other ? (provider2, node2) : (provider, node);
        (, uint40 exitAt) = providers.bond(n, address(usd), address(court));
        if (exitAt != 0 || providers.revokedAt(n) != 0) return;
        amount = uint128(bound(amount, 1, 1e15));
        stakeAs(who, n, address(court), amount);
        staked += amount;
        ++did["stake"];
    }

    function exit(bool other) external timed {
        (address who, address n) = other ? (provider2, node2) : (provider, node);
        (uint128 amount, uint40 exitAt) = providers.bond(n, address(usd), address(court));
        if (exitAt != 0 || amount == 0) return;
        vm.prank(who);
        providers.exit(n, address(usd), address(court));
        exitedAt[n] = block.timestamp;
        ++did["exit"];
    }

    mapping(address node => uint256) public exitedAt;

    /// @dev Tries at any time: a bond that leaves must have waited (invariant 9).
    function unstake(bool other) external timed {
        (address who, address n) = other ? (provider2, node2) : (provider, node);
        (uint128 amount, uint40 exitAt) = providers.bond(n, address(usd), address(court));
        vm.prank(who);
        try providers.withdraw(n, address(usd), address(court), address(0xB0ED)) {
            if (exitAt == 0 || block.timestamp < exitedAt[n] + EXIT_DELAY) {
                broken = "a bond left early";
            }
            unstaked += amount;
            ++did["unstake"];
        } catch {}
    }

    function slash(uint256 amount, bool other, uint256 rare) external timed {
        if (rare % 8 != 0) return;
        address n = other ? node2 : node;
        (uint128 bonded,) = providers.bond(n, address(usd), address(court));
        if (bonded == 0) return;
        (uint256 taken, uint256 reward) =
            court.slash(n, address(usd), bound(amount, 1, 2 * uint256(bonded)), stranger);
        slashed += taken;
        slashRewards += reward;
        ++did["slash"];
    }

    function wait(uint256 time) external {
        // Now and then long enough for a bond to leave, a class to end.
        _clock += time % 8 == 0 ? 35 days : bound(time, 1 hours, 12 days);
        ++did["wait"];
    }

    // What the invariants read

    /// @dev The actions, more often those that others need first.
    function actions() external pure returns (bytes4[] memory list) {
        bytes4[27] memory all = [
            this.mint.selector,
            this.transfer.selector,
            this.open.selector,
            this.open.selector,
            this.topUp.selector,
            this.redeem.selector,
            this.redeem.selector,
            this.redeem.selector,
            this.thaw.selector,
            this.withdraw.selector,
            this.close.selector,
            this.reserve.selector,
            this.advance.selector,
            this.refund.selector,
            this.split.selector,
            this.migrate.selector,
            this.spendFree.selector,
            this.release.selector,
            this.settle.selector,
            this.reclaim.selector,
            this.stake.selector,
            this.exit.selector,
            this.unstake.selector,
            this.slash.selector,
            this.wait.selector,
            this.wait.selector,
            this.wait.selector
        ];
        list = new bytes4[](all.length);
        for (uint256 i = 0; i < all.length; ++i) list[i] = all[i];
    }

    function channelCount() external view returns (uint256) {
        return channelIds.length;
    }

    function classCount() external view returns (uint256) {
        return classes.length;
    }

    function classAt(uint256 index) external view returns (Class memory) {
        return classes[index];
    }

    function ghostOf(uint256 index) external view returns (bytes32 id, Ghost memory ghost) {
        id = channelIds[index];
        ghost = ghosts[id];
    }

    /// @dev Checks and remembers `redeemed` of every channel.
    function observe() external {
        for (uint256 i = 0; i < channelIds.length; ++i) {
            uint128 redeemed = redeemedOf(channelIds[i]);
            Ghost storage ghost = ghosts[channelIds[i]];
            if (redeemed < ghost.redeemedBefore) broken = "redeemed fell";
            ghost.redeemedBefore = redeemed;
        }
    }

    function system()
        external
        view
        returns (address usd_, address vouchers_, address providers_, address court_)
    {
        return (address(usd), address(vouchers), address(providers), address(court));
    }

    // Helpers

    function _pick(uint256 seed)
        private
        view
        returns (bytes32 id, Ghost storage ghost, Class memory class)
    {
        ghost = ghosts[bytes32(0)];
        if (channelIds.length != 0) {
            id = channelIds[seed % channelIds.length];
            ghost = ghosts[id];
        }
        class = classes[ghost.classIndex];
    }

    function _signedRow(bytes32 id, Ghost storage ghost, uint128 cum)
        private
        returns (bytes memory)
    {
        if (cum > ghost.signedMost) ghost.signedMost = cum;
        CompactSignature memory sig = sign(ghost.spendKey, ackDigest(id, cum, 1));
        return rowOf(ghost.terms, cum, 1, sig);
    }

    /// @dev An ack, junk, and the ack again; and what the contract has to record of them.
    function _threeRows(bytes32 id, uint128 cum, bytes32[5] memory junk)
        private
        returns (bytes memory rows, bytes memory records)
    {
        Ghost storage ghost = ghosts[id];
        (uint128 locked, uint128 from) = vouchers.channel(id);
        cum = uint128(bound(cum, 0, uint256(locked) * 9 / 8));
        uint128 to = _min(cum, locked);
        if (to < from) to = from;
        bytes memory row = _signedRow(id, ghost, cum);
        bytes memory junkRow = abi.encodePacked(junk);
        rows = bytes.concat(row, junkRow, row);
        // Of a row that moves nothing, zeros.
        records = to > from ? recordOf(id, from, to, 1) : new bytes(72);
        records = bytes.concat(records, new bytes(144));
    }

    function _note(uint256 batchId, bytes memory records) private {
        _records[batchId] = records;
        _latest[batchId] = maturesAtOf(batchId) + uint40(DEFERRAL_MAX);
    }

    /// @dev The row of a batch, also where a court has moved a part of it to another.
    function _rootOf(uint256 batchId, uint256 row) private view returns (bytes32 root) {
        root = _root[batchId];
        if (root == 0) root = keccak256(abi.encode(batchId, row));
    }

    /// @dev A row in dispute, and what it can still give back; batch 0 where the seed hits none.
    function _pickRow(uint256 seed, uint256 row)
        private
        returns (uint256 batchId, uint256 index, uint256 left)
    {
        uint256 count = vouchers.batchCount();
        if (count == 0) return (0, 0, 0);
        batchId = 1 + seed % count;
        bytes memory records = _records[batchId];
        if (records.length == 0 || !_isInDispute(batchId)) return (0, 0, 0);
        index = row % (records.length / 72);
        Ghost storage ghost = ghosts[_word(records, index * 72)];
        if (ghost.terms.holder == address(0)) return (0, 0, 0);
        left = _rowPaid(classes[ghost.classIndex], records, index);
        left -= vouchers.refunded(batchId, index);
        uint256 escrow = escrowOf(batchId);
        if (_root[batchId] != 0) left = escrow;
        else if (left > escrow) broken = "escrow does not cover a row";
    }

    function _trySplit(uint256 batchId, uint256 row, uint128 amount, uint40 maturesAt)
        private
        returns (bool ok, uint256 newId)
    {
        bytes memory records = _records[batchId];
        Ghost storage ghost = ghosts[_word(records, row * 72)];
        try court.split(
            classes[ghost.classIndex], ghost.terms, batchId, row, amount, maturesAt, records
        ) returns (uint256 made) {
            return (true, made);
        } catch {}
    }

    function _record(bytes memory records, uint256 row) private pure returns (bytes memory) {
        bytes32 tail = _word(records, row * 72 + 40);
        return bytes.concat(
            _word(records, row * 72), bytes8(_word(records, row * 72 + 32)), tail
        );
    }

    function _rowPaid(Class memory class, bytes memory records, uint256 row)
        private
        pure
        returns (uint256)
    {
        uint128 from = uint128(bytes16(_word(records, row * 72 + 32)));
        uint128 to = uint128(bytes16(_word(records, row * 72 + 48)));
        return paidFor(class, from, to);
    }

    function _isInDispute(uint256 batchId) private view returns (bool) {
        return block.timestamp < maturesAtOf(batchId);
    }

    /// @dev Of units that an account holds, as many as a channel takes on top of what it locks.
    function _atMost(uint256 has, uint256 locked) private pure returns (uint256) {
        return has < UNITS_MAX - locked ? has : UNITS_MAX - locked;
    }

    function _min(uint128 a, uint128 b) private pure returns (uint128) {
        return a < b ? a : b;
    }

    function _word(bytes memory data, uint256 offset) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), offset))
        }
    }
}
