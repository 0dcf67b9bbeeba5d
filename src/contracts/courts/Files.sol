// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {IProviders} from "../interfaces/IProviders.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {IVouchers} from "../interfaces/IVouchers.sol";
import {SignedTypes} from "../libraries/SignedTypes.sol";
import {Statements} from "../libraries/Statements.sol";
import {Channel} from "../types/Channel.sol";
import {Class} from "../types/Class.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {Brief} from "../types/Order.sol";
import {Statement} from "../types/Statement.sol";
import {CaseState} from "../types/Verdict.sol";

/// @title Files: who signed what, and who may act for whom
/// @dev The first page of `Court`. ECDSA comes first, always: code that appears at an address later
/// voids no signature. A contract's word counts only from a record, which it cannot take back.
abstract contract Files is ICourt {
    /// @notice The table of units that this court knows (`CostTable.cs`).
    bytes32 public constant COST_TABLE =
        0xb2ec49531c966a63545011ee1e900a1aba28073cb20f6ca882d2d4d87b1b22fc;
    /// @notice Seconds that a class leaves for looking: below two days nobody finds anything.
    uint256 public constant WINDOW_MIN = 2 days;
    /// @notice In place of a watcher: everybody may act for the channel.
    address public constant EVERYBODY = address(0);
    /// @dev Gas that a contract gets to say whether a signature is its own.
    uint256 internal constant RECORD_GAS = 250_000;
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );

    /// @inheritdoc ICourt
    IVouchers public immutable vouchers;
    /// @inheritdoc ICourt
    IProviders public immutable providers;
    /// @inheritdoc ICourt
    IRegistry public immutable registry;

    /// @notice What a contract signed once and for all.
    mapping(address signer => mapping(bytes32 digest => bool)) public recorded;
    /// @notice Who acts for a channel besides its holder and spend key.
    mapping(bytes32 channel => mapping(address watcher => bool)) public appointed;
    /// @dev By keccak256(channel, seq).
    mapping(bytes32 caseKey => CaseState) internal _cases;

    constructor(IVouchers vouchers_, IRegistry registry_) {
        vouchers = vouchers_;
        providers = vouchers_.providers();
        registry = registry_;
    }

    /// @notice Records that a contract signed an order or a Cancel. Whoever stops for an unrecorded
    /// one, or serves it, does so on his own account.
    function record(address signer, bytes32 structHash, bytes calldata signature) external {
        bytes32 digest = Statements.digest(_separator(), structHash);
        bytes memory asked = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 word;
        bool ok;
        uint256 cap = RECORD_GAS;
        // One word of the answer at most: what else comes back costs nobody anything.
        assembly ("memory-safe") {
            ok := staticcall(cap, signer, add(asked, 0x20), mload(asked), 0, 0x20)
            ok := and(ok, gt(returndatasize(), 31))
            word := mload(0)
        }
        require(
            ok && word == bytes32(IERC1271.isValidSignature.selector), InvalidSignature(signer)
        );
        recorded[signer][digest] = true;
        emit Recorded(signer, digest);
    }

    /// @notice Lets `watcher` act for the caller's channel, or no longer.
    function appoint(Channel calldata terms, address watcher, bool on) external {
        require(terms.holder == msg.sender, NotAuthorised(msg.sender));
        bytes32 channel = SignedTypes.hashChannel(terms);
        appointed[channel][watcher] = on;
        emit Appointed(channel, watcher, on);
    }

    /// @inheritdoc ICourt
    function check(Brief calldata b)
        public
        view
        returns (bytes32 channel, bytes32 orderHash)
    {
        channel = _channelOf(b.class, b.terms);
        require(b.order.channel == channel && b.order.extension == 0, Mismatch());
        orderHash = Statements.hashOrder(b.order);
        require(
            isSigned(b.terms.spendKey, orderHash, b.signature), InvalidSignature(b.terms.spendKey)
        );
    }

    /// @inheritdoc ICourt
    function isSigned(address signer, bytes32 structHash, CompactSignature calldata signature)
        public
        view
        returns (bool)
    {
        return isKeys(signer, structHash, signature)
            || recorded[signer][Statements.digest(_separator(), structHash)];
    }

    /// @inheritdoc ICourt
    function isStated(address node, Statement calldata s) public view returns (bool) {
        return isKeys(node, Statements.hashStatement(s), s.signature);
    }

    /// @inheritdoc ICourt
    function isKeys(address key, bytes32 structHash, CompactSignature calldata signature)
        public
        view
        returns (bool)
    {
        bytes32 digest = Statements.digest(_separator(), structHash);
        (address recovered,,) = ECDSA.tryRecover(digest, signature.r, signature.vs);
        return recovered == key && key != address(0);
    }

    /// @inheritdoc ICourt
    function channelOf(Class calldata class, Channel calldata terms)
        external
        view
        returns (bytes32)
    {
        return _channelOf(class, terms);
    }

    /// @inheritdoc ICourt
    function mayAct(Channel calldata terms, bytes32 channel, address who)
        public
        view
        returns (bool)
    {
        return isOwnSide(terms, channel, who) || appointed[channel][EVERYBODY];
    }

    /// @inheritdoc ICourt
    function isOwnSide(Channel calldata terms, bytes32 channel, address who)
        public
        view
        returns (bool)
    {
        return who == terms.holder || who == terms.spendKey || appointed[channel][who];
    }

    /// @inheritdoc ICourt
    function caseOf(bytes32 channel, uint64 seq) external view returns (CaseState memory) {
        return _cases[_caseKey(channel, seq)];
    }

    function _caseKey(bytes32 channel, uint64 seq) internal pure returns (bytes32) {
        return keccak256(abi.encode(channel, seq));
    }

    /// @dev The channel of a class that this court judges. It need not be open: a name is enough,
    /// for a conviction without a refund.
    function _channelOf(Class calldata class, Channel calldata terms)
        internal
        view
        returns (bytes32)
    {
        uint256 classId = uint256(SignedTypes.hashClass(class));
        require(
            class.court == address(this) && class.costTable == COST_TABLE
                && class.window >= WINDOW_MIN && vouchers.minted(classId) != 0,
            ClassNotAdmitted()
        );
        require(terms.classId == classId, Mismatch());
        return SignedTypes.hashChannel(terms);
    }

    /// @dev Of Vouchers, where every signature of an order lives; never cached, so that a chain
    /// that splits has two.
    function _separator() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH,
                keccak256("ComputeVoucher"),
                keccak256("1"),
                block.chainid,
                address(vouchers)
            )
        );
    }
}
