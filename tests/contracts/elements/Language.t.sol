// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LanguageElements} from "contracts/courts/elements/language/LanguageElements.sol";
import {LlamaProofs} from "contracts/courts/elements/language/LlamaProofs.sol";
import {Languages} from "contracts/courts/Languages.sol";
import {Anchor, Run, Tree} from "contracts/types/Run.sol";
import {Test} from "../base/Test.sol";

/// @notice Rules of the judge of language models, by proofs that the C# tests make and judge
/// (tests/vectors/language-elements.json). Every verdict on every operator is compared there; here
/// is what the controls take out.
contract LanguageTest is Test {
    string private _json;
    Languages private _languages;
    LanguageElements private _elements;

    function setUp() external {
        _json = vm.readFile("tests/vectors/language-elements.json");
        _languages = Languages(vm.deployCode("Languages.sol:Languages", ""));
        _elements = LanguageElements(
            vm.deployCode("LanguageElements.sol:LanguageElements", abi.encode(_languages))
        );
        bytes32 root = _languages.admit(
            vm.parseJsonBytes32(_json, ".parametersRoot"),
            vm.parseJsonBytes(_json, ".architecture")
        );
        vm.assertEq(root, vm.parseJsonBytes32(_json, ".modelRoot"), "model");
    }

    function test_language_elementsAreJudged() external view {
        vm.assertTrue(!_contradicts("product"), "right");
        vm.assertTrue(_contradicts("productWrong"), "wrong");
        vm.assertTrue(!_contradicts("weight"), "a weight of attention");
    }

    function test_language_ofEqualsTheLowestStandsFirst() external view {
        vm.assertTrue(!_contradicts("tie"), "the higher one beats nobody");
        vm.assertTrue(_contradicts("tieLost"), "the lower one does");
    }

    function test_language_parametersAreTheModels() external {
        vm.expectRevert(LlamaProofs.InvalidParameters.selector);
        this.contradicts("otherParameters");
    }

    function test_language_tablesAreThoseOfTheProtocol() external {
        address tables = _elements.tables();
        bytes memory code = tables.code;
        code[1] = bytes1(uint8(code[1]) ^ 1);
        vm.etch(tables, code);
        vm.expectRevert(LanguageElements.OtherTables.selector);
        this.contradicts("weight");
    }

    function test_language_operandsOfAWitnessAreRefuted() external view {
        (Run memory run, Anchor memory a) = _runOf("operands");
        bytes memory request = _part("operands", 0);
        vm.assertTrue(
            _elements.explains(run, a, request, _part("operands", 1), _part("operands", 2)),
            "explained"
        );
        bytes memory wrong = _part("operands", 3);
        vm.assertTrue(
            _elements.refutes(run, a, request, wrong, _part("operands", 4)), "refuted"
        );
    }

    function test_language_requestsHaveOneForm() external view {
        (Run memory run,) = _runOf("operands");
        bytes memory request = _part("operands", 0);
        vm.assertEq(request.length, 12, "with a rival");
        vm.assertTrue(_elements.hasOperands(run, request), "a witness and its rival");
        bytes8 element = bytes8(request);
        vm.assertTrue(!_has(run, abi.encodePacked(element)), "a witness alone");
        // The exponent behind it, which is no witness.
        element = bytes8(uint64(element) + 1);
        vm.assertTrue(_has(run, abi.encodePacked(element)), "an exponent");
        vm.assertTrue(!_has(run, abi.encodePacked(element, uint32(0))), "no rival of it");
        vm.assertTrue(!_has(run, abi.encodePacked(element, type(uint32).max)), "none, at length");
        vm.assertTrue(!_has(run, abi.encodePacked(element, uint8(0))), "nine bytes");
    }

    function test_language_whatAProofOpensHasNoOperands() external view {
        (Run memory run,) = _runOf("product");
        bytes memory proof = _part("product", 0);
        bytes8 element;
        assembly ("memory-safe") {
            element := mload(add(proof, 33))
        }
        vm.assertTrue(!_has(run, abi.encodePacked(element)), "a product");
    }

    /// @dev From outside, so that it can revert.
    function contradicts(string calldata name) external view returns (bool) {
        return _contradicts(name);
    }

    function _contradicts(string memory name) private view returns (bool) {
        (Run memory run, Anchor memory a) = _runOf(name);
        return _elements.contradicts(run, a, _part(name, 0));
    }

    /// @dev No element is no request either.
    function _has(Run memory run, bytes memory request) private view returns (bool) {
        try _elements.hasOperands(run, request) returns (bool has) {
            return has;
        } catch {
            return false;
        }
    }

    function _runOf(string memory name) private view returns (Run memory run, Anchor memory a) {
        string memory key = string.concat(".", name);
        run.modelRoot = vm.parseJsonBytes32(_json, ".modelRoot");
        run.inputRoot = vm.parseJsonBytes32(_json, string.concat(key, ".inputRoot"));
        run.traceRoot = vm.parseJsonBytes32(_json, string.concat(key, ".traceRoot"));
        run.prompt = uint32(vm.parseJsonUint(_json, string.concat(key, ".prompt")));
        run.steps = uint32(vm.parseJsonUint(_json, string.concat(key, ".steps")));
        run.topK = uint32(vm.parseJsonUint(_json, string.concat(key, ".topK")));
        a.tree = Tree.Trace;
    }

    function _part(string memory name, uint256 place) private view returns (bytes memory) {
        string[5] memory places = ["[0]", "[1]", "[2]", "[3]", "[4]"];
        return vm.parseJsonBytes(_json, string.concat(".", name, ".parts", places[place]));
    }
}
